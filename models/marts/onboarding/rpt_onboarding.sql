-- One row per period (month, fiscal quarter, fiscal year) in which projects started,
-- for all and for each segment. Periods overlap: choose a grain. A project whose clock
-- has not started is in none.
with

projects as (

    select *
    from {{ ref('fct_onboarding') }}
    where is_started

),

projects_by_segment as (

    select
        'all' as dimension_name,
        'all' as dimension_value,
        *
    from projects

    union all

    select
        'segment' as dimension_name,
        coalesce(segment, 'not_given') as dimension_value,
        *
    from projects

),

projects_in_periods as (

    {%- for grain in ['month', 'quarter', 'year'] %}
    select
        '{{ grain }}' as period_grain,
        {{ fiscal_period_start('clock_started_date', grain) }} as period_start,
        {{ fiscal_period_end('clock_started_date', grain) }} as last_date,
        *
    from projects_by_segment
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor %}

),

final as (

    select
        period_grain,
        period_start,
        least(last_date, {{ as_of_date() }}) as period_end,
        dimension_name,
        dimension_value,
        cast(count(*) as integer) as projects_started,
        {%- for days in [30, 60] %}
        cast(
            count(*) filter (where is_complete_within_{{ days }}_days) as integer
        ) as projects_complete_within_{{ days }}_days,
        {{ ratio(
            'count(*) filter (where is_complete_within_' ~ days ~ '_days)', 'count(*)'
        ) }} as completion_rate_{{ days }}_days,
        {%- endfor %}
        cast(count(went_live_at) as integer) as projects_live,
        cast(count(*) filter (where is_on_plan) as integer) as projects_on_plan,
        cast(count(*) filter (where is_plan_due) as integer) as projects_due,
        cast(count(*) filter (where is_stalled) as integer) as projects_stalled,
        {%- for days in [
            'days_to_go_live', 'days_late', 'days_to_first_login', 'days_to_first_value',
            'days_to_value'
        ] %}
        {{ mean_of(days) }} as mean_{{ days }},
        {{ median_of(days) }} as median_{{ days }},
        {%- endfor %}
        {%- for days in [30, 60] %}
        {{ ratio(
            'sum(licences_activated_' ~ days ~ '_days)',
            'sum(licences_purchased_' ~ days ~ '_days)'
        ) }} as activated_share_{{ days }}_days,
        {%- endfor %}
        cast(
            {{ divide_money(
                1,
                whole_number('sum(usage_trend)', 6),
                '1000000 * count(usage_trend)',
                decimals=6
            ) }} as decimal(18, 6)
        ) as mean_usage_trend
    from projects_in_periods
    group by period_grain, period_start, last_date, dimension_name, dimension_value

)

select * from final
