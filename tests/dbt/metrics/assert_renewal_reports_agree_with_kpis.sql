-- The rates, counts and amounts that reports on renewals publish are those of the KPIs.
-- The plan is compared by its newest revision: of the year, or of each month; what is
-- locked where the period is over, because a running one is locked month by month; and
-- not as of a day before the first that was built, of which nothing is locked.
{%- set plan_grain = 'month' if var('renewal_plan_revision') == 'month' else 'year' %}
{%- set rates = {
    'in_period_renewal_rate': 'in_period_renewal_rate',
    'in_period_renewal_rate_by_count': 'in_period_renewal_rate_by_count',
    'in_period_archive_rate_by_count': 'in_period_archive_rate_by_count',
    'final_renewal_rate': 'final_renewal_rate',
    'final_renewal_rate_by_count': 'final_renewal_rate_by_count',
    'final_archive_rate_by_count': 'final_archive_rate_by_count',
    'resolution_rate': 'resolution_rate',
    'resolution_rate_by_count': 'resolution_rate_by_count',
    'on_time_renewal_rate': 'on_time_renewal_rate',
    'early_renewals': 'early_renewals',
    'early_cmrr': 'early_renewals_cmrr',
    'carried_over_renewals': 'late_renewals',
    'carried_over_cmrr': 'late_renewals_cmrr',
    'due_renewals': 'expected_cmrr_renewals',
    'due_cmrr': 'expected_cmrr',
} %}
{%- set forecasts = {
    'forecast_cmrr': 'renewal_forecast',
    'forecast_low': 'renewal_forecast_low',
    'forecast_high': 'renewal_forecast_high',
    'forecast_rate': 'renewal_forecast_rate',
    'locked_cmrr': 'renewal_forecast_locked',
    'planned_cmrr': 'renewal_forecast_planned',
    'forecast_less_planned': 'renewal_forecast_less_planned',
} %}
with

newest_plans as (

    select
        *,
        row_number() over (
            partition by
                segment,
                {{ 'period_start' if plan_grain == 'month' else 'fiscal_year' }}
            order by period_start desc
        ) as revision_number
    from {{ ref('rpt_renewal_plan') }}

),

at_risk as (

    select
        due_quarter_start,
        risk_level,
        intention,
        case when risk_level = 'none' then 0 else at_risk_cmrr end as at_risk_cmrr,
        at_risk_cmrr as due_cmrr
    from {{ ref('rpt_at_risk_cmrr') }}
    where quarters_ahead between 0 and 4

),

reported as (

    {%- for name, metric in rates.items() %}
    select
        '{{ metric }}' as metric,
        period_grain,
        period_start,
        'total' as dimension_name,
        'all' as dimension_value,
        cast({{ name }} as decimal(28, 6)) as published_value
    from {{ ref('rpt_renewal_rates') }}
    {%- if metric.startswith('expected') %}
    where
        period_end <= {{ as_of_date() }}
        and {{ as_of_date() }} >= (
            select min(refresh_days.as_of_date)
            from {{ ref('fct_refresh_days') }} as refresh_days
            where refresh_days.is_first_build
        )
    {%- endif %}

    union all
    {% endfor %}
    {%- for name, metric in forecasts.items() %}
    select
        '{{ metric }}' as metric,
        'quarter' as period_grain,
        due_quarter_start as period_start,
        case when segment = 'total' then 'total' else 'segment' end as dimension_name,
        case when segment = 'total' then 'all' else segment end as dimension_value,
        cast({{ name }} as decimal(28, 6)) as published_value
    from {{ ref('rpt_renewal_forecast') }}

    union all
    {% endfor %}
    {%- for name, metric in {
        'revised_amount': 'planned_expected_cmrr',
        'planned_amount': 'planned_expected_cmrr_at_year_start',
    }.items() %}
    select
        '{{ metric }}' as metric,
        '{{ plan_grain }}' as period_grain,
        {{ 'period_start' if plan_grain == 'month' else 'fiscal_year_start' }}
            as period_start,
        'segment' as dimension_name,
        segment as dimension_value,
        cast({{ name }} as decimal(28, 6)) as published_value
    from newest_plans
    where revision_number = 1

    union all
    {% endfor %}
    {%- for name, metric in {
        'at_risk_cmrr': 'at_risk_cmrr', 'due_cmrr': 'at_risk_cmrr_due'
    }.items() %}
    {%- set outer = loop %}
    {%- for dimension in ['risk_level', 'intention'] %}
    select
        '{{ metric }}' as metric,
        'quarter' as period_grain,
        due_quarter_start as period_start,
        '{{ dimension }}' as dimension_name,
        {{ dimension }} as dimension_value,
        cast(sum({{ name }}) as decimal(28, 6)) as published_value
    from at_risk
    group by due_quarter_start, {{ dimension }}
    {%- if not (loop.last and outer.last) %}

    union all
    {% endif %}
    {%- endfor %}
    {%- endfor %}

),

published as (

    select
        metric,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        published_value,
        case when metric like 'planned_expected%' then 0.005 else 0 end as rounding
    from reported

),

{{ kpi_contradictions(
    ref('kpi_values_renewal'), none, 'published', nothing_is_zero=true
) }}
