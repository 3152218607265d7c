-- The rates that the reports of acquisition publish are the KPIs' values.
{%- set columns = [
    ('customer_acquisition_cost', 'customer_acquisition_cost', '0.005'),
    ('cac_payback_months', 'payback_months', '0'),
    ('cac_ratio', 'cac_ratio', '0'),
] %}

with

published as (

    {%- for metric, column, rounding in columns %}
    select
        '{{ metric }}' as metric,
        period_grain,
        period_start,
        'total' as dimension_name,
        'all' as dimension_value,
        {{ column }} as published_value,
        {{ rounding }} as rounding
    from {{ ref('rpt_unit_economics') }}

    union all
    {% endfor %}
    select
        'customer_acquisition_cost' as metric,
        period_grain,
        period_start,
        'total' as dimension_name,
        'all' as dimension_value,
        customer_acquisition_cost as published_value,
        0.005 as rounding
    from {{ ref('rpt_lifetime_value') }}
    where segment = 'all'

    union all

    select
        'break_even_years' as metric,
        'quarter' as period_grain,
        cohort_start as period_start,
        'total' as dimension_name,
        'all' as dimension_value,
        break_even_years as published_value,
        0 as rounding
    from {{ ref('rpt_cohort_break_even') }}
    where year_number = 1

),

{{ kpi_contradictions(
    ref('kpi_values_acquisition'), ref('kpi_periods'), 'published'
) }}
