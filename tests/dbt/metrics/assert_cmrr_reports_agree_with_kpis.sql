-- What reports say of CMRR in each period is what the KPIs say.
{%- set columns = {
    'ending_cmrr': 'cmrr',
    'quick_ratio': 'quick_ratio',
} %}

with

published as (

    {%- for column, metric in columns.items() %}
    select
        '{{ metric }}' as metric,
        period_grain,
        period_start,
        'total' as dimension_name,
        'all' as dimension_value,
        {{ column }} as published_value,
        0 as rounding
    from {{ ref('rpt_cmrr_rates') }}

    union all
    {% endfor %}
    select
        'cmrr_concentration_share' as metric,
        'month' as period_grain,
        month as period_start,
        'total' as dimension_name,
        'all' as dimension_value,
        share_of_customers_for_80_percent as published_value,
        0 as rounding
    from {{ ref('rpt_cmrr_concentration') }}

),

{{ kpi_contradictions(
    ref('kpi_values_cmrr'), none, 'published', nothing_is_zero=true
) }}
