-- rpt_onboarding says of all projects what the KPIs say. Its segments are of today,
-- theirs of the month of the start: these are not compared.
{%- set columns = {
    'onboarding_completion_rate_30': 'completion_rate_30_days',
    'onboarding_completion_rate_60': 'completion_rate_60_days',
    'users_activated_percent_30': 'activated_share_30_days',
    'users_activated_percent_60': 'activated_share_60_days',
    'deployment_time_actual_days': 'mean_days_to_go_live',
    'deployment_time_actual_days_median': 'median_days_to_go_live',
    'deployment_time_actual_vs_planned_days': 'mean_days_late',
    'deployment_time_actual_vs_planned_days_median': 'median_days_late',
    'days_to_first_login': 'mean_days_to_first_login',
    'days_to_first_login_median': 'median_days_to_first_login',
    'time_to_first_value_days': 'mean_days_to_first_value',
    'time_to_first_value_days_median': 'median_days_to_first_value',
    'time_to_value_days': 'mean_days_to_value',
    'time_to_value_days_median': 'median_days_to_value',
    'first_90_days_usage_trend': 'mean_usage_trend',
} %}

with

published as (

    {%- for metric, column in columns.items() %}
    select
        '{{ metric }}' as metric,
        period_grain,
        period_start,
        'total' as dimension_name,
        dimension_value,
        {{ column }} as published_value,
        {{ '0.005' if column.startswith('mean_days') else '0.0000011' }} as rounding
    from {{ ref('rpt_onboarding') }}
    where dimension_name = 'all'
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

{{ kpi_contradictions(
    ref('kpi_values_onboarding'), ref('kpi_periods'), 'published'
) }}
