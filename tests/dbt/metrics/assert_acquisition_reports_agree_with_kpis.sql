-- The rates that the reports of acquisition publish are the KPIs' values, costs in
-- whole cents; and no KPI has a value that its report leaves out.
{%- set columns = {
    'customer_acquisition_cost': 'customer_acquisition_cost',
    'cac_payback_months': 'payback_months',
    'cac_ratio': 'cac_ratio',
} %}

with

kpis as (

    select
        metric,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        case
            when metric = 'customer_acquisition_cost' then round(metric_value, 2)
            else metric_value
        end as metric_value
    from {{ ref('kpi_values_acquisition') }}
    where
        dimension_name = 'total'
        and metric in (
            'customer_acquisition_cost',
            'cac_payback_months',
            'cac_ratio',
            'break_even_years'
        )

),

reported as (

    {%- for metric, column in columns.items() %}
    select
        '{{ metric }}' as metric,
        period_grain,
        period_start,
        'total' as dimension_name,
        'all' as dimension_value,
        {{ column }} as published_value
    from {{ ref('rpt_unit_economics') }}

    union all
    {% endfor %}
    select
        'customer_acquisition_cost' as metric,
        period_grain,
        period_start,
        'total' as dimension_name,
        'all' as dimension_value,
        customer_acquisition_cost as published_value
    from {{ ref('rpt_lifetime_value') }}
    where segment = 'all'

    union all

    select
        'break_even_years' as metric,
        'quarter' as period_grain,
        cohort_start as period_start,
        'total' as dimension_name,
        'all' as dimension_value,
        break_even_years as published_value
    from {{ ref('rpt_cohort_break_even') }}
    where year_number = 1

),

published as (

    select
        reported.*,
        0 as rounding
    from reported

    union all

    select
        kpis.metric,
        kpis.period_grain,
        kpis.period_start,
        kpis.dimension_name,
        kpis.dimension_value,
        null as published_value,
        0 as rounding
    from kpis
    left join reported
        on
            kpis.metric = reported.metric
            and kpis.period_grain = reported.period_grain
            and kpis.period_start = reported.period_start
    where reported.metric is null

),

{{ kpi_contradictions('kpis', none, 'published') }}
