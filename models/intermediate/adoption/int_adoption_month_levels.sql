{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook="{{ record_build(['int_adoption_redo']) }}",
        meta={'redo': {
            'plan': 'int_adoption_redo',
            'account': 'account_id',
            'day': 'month',
            'from': 'use_redo_month'
        }}
    )
}}
-- One row per month and account with use in the 28 days to the report date, to 28 days
-- before it, or to 364 days before it. Levels: never add them over months.
with

{{ months_to_do('use_redo_month') }},

points as (

    {% for days in [0, 28, 364] -%}
    select
        {% if keeps_rows() -%}
        account_id,
        {% endif -%}
        month,
        {{ days }} as days_before,
        {{ add_days('report_date', -days) }} as day
    from months
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}

),

levels_at_points as (

    select
        months.month,
        months.days_before,
        levels.account_id,
        levels.active_users,
        levels.active_user_days,
        levels.features_used,
        levels.sticky_users
    from {{ ref('int_adoption_levels') }} as levels
    inner join points as months
        on
            levels.from_date <= months.day
            and levels.to_date > months.day
            and {{ is_month_of('levels.account_id') }}

),

final as (

    select
        month,
        account_id,
        cast(
            sum(case when days_before = 0 then active_users else 0 end) as integer
        ) as active_users,
        cast(
            sum(case when days_before = 0 then active_user_days else 0 end) as integer
        ) as active_user_days,
        cast(
            sum(case when days_before = 0 then features_used else 0 end) as integer
        ) as features_used,
        cast(
            sum(case when days_before = 0 then sticky_users else 0 end) as integer
        ) as sticky_users,
        cast(
            sum(case when days_before = 28 then active_users else 0 end) as integer
        ) as active_users_before,
        cast(
            sum(case when days_before = 28 then active_user_days else 0 end) as integer
        ) as active_user_days_before,
        cast(
            sum(case when days_before = 364 then active_users else 0 end) as integer
        ) as active_users_year_ago,
        cast(
            sum(case when days_before = 364 then active_user_days else 0 end) as integer
        ) as active_user_days_year_ago
    from levels_at_points
    group by month, account_id

)

select * from final
