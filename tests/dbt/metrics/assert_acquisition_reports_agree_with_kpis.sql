-- The rates that the reports of acquisition publish are the KPIs' values.
with

reported as (

    {%- for metric, column in {
        'customer_acquisition_cost': 'customer_acquisition_cost',
        'cac_payback_months': 'payback_months',
        'cac_ratio': 'cac_ratio',
    }.items() %}
    select
        '{{ metric }}' as metric,
        period_grain,
        period_start,
        {{ column }} as metric_value
    from {{ ref('rpt_unit_economics') }}
    where {{ column }} is not null

    union all

    {% endfor -%}
    select
        'break_even_years' as metric,
        'quarter' as period_grain,
        cohort_start as period_start,
        break_even_years as metric_value
    from {{ ref('rpt_cohort_break_even') }}
    where year_number = 1 and break_even_years is not null

),

kpis as (

    select
        metric,
        period_grain,
        period_start,
        case
            when metric = 'customer_acquisition_cost' then round(metric_value, 2)
            else metric_value
        end as metric_value
    from {{ ref('kpi_values_acquisition') }}
    where
        metric in (
            'customer_acquisition_cost',
            'cac_payback_months',
            'cac_ratio',
            'break_even_years'
        )
        and dimension_name = 'total'
        and metric_value is not null

)

select
    coalesce(reported.metric, kpis.metric) as metric,
    coalesce(reported.period_grain, kpis.period_grain) as period_grain,
    coalesce(reported.period_start, kpis.period_start) as period_start,
    reported.metric_value as reported_value,
    kpis.metric_value as kpi_value
from reported
full join kpis
    on
        reported.metric = kpis.metric
        and reported.period_grain = kpis.period_grain
        and reported.period_start = kpis.period_start
where reported.metric_value is distinct from kpis.metric_value
