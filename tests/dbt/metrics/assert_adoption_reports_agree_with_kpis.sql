-- fct_feature_releases says of each feature what the KPIs say of it. Other rates of
-- adoption are published by customer, which KPIs are not told for. KPIs begin with the
-- first fiscal month.
{%- set columns = {
    'feature_use_by_release': ('users', '0'),
    'feature_use_by_release_customer_share': ('customer_share', '0.000051'),
} %}

with

published as (

    {%- for metric, (column, rounding) in columns.items() %}
    {%- for grain in ['month', 'quarter', 'year'] %}
    select
        '{{ metric }}' as metric,
        '{{ grain }}' as period_grain,
        {{ fiscal_period_start('released_date', grain) }} as period_start,
        'feature_name' as dimension_name,
        feature_name as dimension_value,
        {{ column }} as published_value,
        {{ rounding }} as rounding
    from {{ ref('fct_feature_releases') }}
    where
        is_window_over
        and released_date >= (
            select min(kpi_months.month) from {{ ref('kpi_months') }} as kpi_months
        )
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

{{ kpi_contradictions(
    ref('kpi_values_adoption'), ref('kpi_periods'), 'published'
) }}
