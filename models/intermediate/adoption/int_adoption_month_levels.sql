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

months as (

    select
        month,
        report_date,
        {{ add_days('report_date', -28) }} as before_date,
        {{ add_days('report_date', -364) }} as year_ago_date
    from {{ ref('int_months') }}

),

levels_at_points as (

    select
        months.month,
        levels.account_id,
        levels.active_users,
        levels.active_user_days,
        levels.features_used,
        levels.sticky_users,
        0 as active_users_before,
        0 as active_user_days_before,
        0 as active_users_year_ago,
        0 as active_user_days_year_ago
    from {{ ref('int_adoption_levels') }} as levels
    inner join months
        on
            levels.from_date <= months.report_date
            and levels.to_date > months.report_date
    {{- join_redo(
        'int_adoption_redo',
        'levels.account_id',
        'months.month',
        redo_from='use_redo_month'
    ) }}

    union all

    select
        months.month,
        levels.account_id,
        0 as active_users,
        0 as active_user_days,
        0 as features_used,
        0 as sticky_users,
        levels.active_users as active_users_before,
        levels.active_user_days as active_user_days_before,
        0 as active_users_year_ago,
        0 as active_user_days_year_ago
    from {{ ref('int_adoption_levels') }} as levels
    inner join months
        on
            levels.from_date <= months.before_date
            and levels.to_date > months.before_date
    {{- join_redo(
        'int_adoption_redo',
        'levels.account_id',
        'months.month',
        redo_from='use_redo_month'
    ) }}

    union all

    select
        months.month,
        levels.account_id,
        0 as active_users,
        0 as active_user_days,
        0 as features_used,
        0 as sticky_users,
        0 as active_users_before,
        0 as active_user_days_before,
        levels.active_users as active_users_year_ago,
        levels.active_user_days as active_user_days_year_ago
    from {{ ref('int_adoption_levels') }} as levels
    inner join months
        on
            levels.from_date <= months.year_ago_date
            and levels.to_date > months.year_ago_date
    {{- join_redo(
        'int_adoption_redo',
        'levels.account_id',
        'months.month',
        redo_from='use_redo_month'
    ) }}

),

final as (

    select
        month,
        account_id,
        {%- for measure in [
            'active_users',
            'active_user_days',
            'features_used',
            'sticky_users',
            'active_users_before',
            'active_user_days_before',
            'active_users_year_ago',
            'active_user_days_year_ago',
        ] %}
        cast(sum({{ measure }}) as integer) as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from levels_at_points
    group by month, account_id

)

select * from final
