{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook="{{ record_build(['int_usage_redo']) }}",
        meta={'redo': {
            'plan': 'int_usage_redo',
            'account': 'account_id',
            'day': 'to_date'
        }}
    )
}}
-- One row per account and stretch of days on which its 28-day measures stay the same.
-- Half open; each measure is of the 28 days that end on any day of the stretch. After
-- the as-of date stands what is left of the use until then.
with

user_days as (

    select
        user_days.account_id,
        user_days.end_user_id,
        user_days.day,
        user_days.is_sticky
    from {{ ref('int_usage_user_days') }} as user_days
    {{- join_redo('int_usage_redo', 'user_days.account_id', 'user_days.day', 28) }}
    where user_days.is_active

),

feature_days as (

    select
        usage_days.account_id,
        usage_days.feature_name,
        usage_days.usage_date
    from {{ ref('int_usage_days') }} as usage_days
    {{- join_redo(
        'int_usage_redo', 'usage_days.account_id', 'usage_days.usage_date', 28
    ) }}
    where usage_days.is_product_use
    group by
        usage_days.account_id, usage_days.feature_name, usage_days.usage_date

),

fourth_sticky_days as (

    select
        account_id,
        end_user_id,
        day,
        lag(day, 3) over (partition by account_id, end_user_id order by day)
            as first_of_four
    from user_days
    where is_sticky

),

spells as (

    select
        'active_users' as measure,
        account_id,
        end_user_id as member,
        day as from_date,
        {{ add_days('day', 28) }} as to_date
    from user_days

    union all

    select
        'features_used' as measure,
        account_id,
        feature_name as member,
        usage_date as from_date,
        {{ add_days('usage_date', 28) }} as to_date
    from feature_days

    union all

    -- Sticky from the fourth day on, until the first of the four leaves the window.
    select
        'sticky_users' as measure,
        account_id,
        end_user_id as member,
        day as from_date,
        {{ add_days('first_of_four', 28) }} as to_date
    from fourth_sticky_days
    where day < {{ add_days('first_of_four', 28) }}

),

{{ spell_edges(['measure', 'account_id']) }},

edges as (

    select
        measure,
        account_id,
        change_date,
        change
    from spell_edges

    union all

    select
        'active_user_days' as measure,
        account_id,
        day as change_date,
        1 as change
    from user_days

    union all

    select
        'active_user_days' as measure,
        account_id,
        {{ add_days('day', 28) }} as change_date,
        -1 as change
    from user_days

),

changes_of_day as (

    select
        edges.account_id,
        edges.change_date,
        sum(
            case when edges.measure = 'active_users' then edges.change else 0 end
        ) as active_users,
        sum(
            case when edges.measure = 'active_user_days' then edges.change else 0 end
        ) as active_user_days,
        sum(
            case when edges.measure = 'features_used' then edges.change else 0 end
        ) as features_used,
        sum(
            case when edges.measure = 'sticky_users' then edges.change else 0 end
        ) as sticky_users
    from edges
    {{- join_redo('int_usage_redo', 'edges.account_id', 'edges.change_date') }}
    group by edges.account_id, edges.change_date

),

changes as (

    select
        account_id,
        change_date,
        active_users,
        active_user_days,
        features_used,
        sticky_users
    from changes_of_day
    where
        active_users <> 0
        or active_user_days <> 0
        or features_used <> 0
        or sticky_users <> 0

    {% if keeps_rows() -%}
    union all

    -- The level on which the first day that is done again stands.
    select
        kept.account_id,
        kept.from_date as change_date,
        kept.active_users,
        kept.active_user_days,
        kept.features_used,
        kept.sticky_users
    from {{ this }} as kept
    {{- join_redo('int_usage_redo', 'kept.account_id', 'kept.to_date') }}
    where kept.from_date < redo.redo_from

    {% endif -%}

),

levels as (

    select
        account_id,
        change_date as from_date,
        lead(change_date) over (partition by account_id order by change_date)
            as next_change_date,
        sum(active_users) over account_to_date as active_users,
        sum(active_user_days) over account_to_date as active_user_days,
        sum(features_used) over account_to_date as features_used,
        sum(sticky_users) over account_to_date as sticky_users
    from changes
    window account_to_date as (
        partition by account_id
        order by change_date
        rows between unbounded preceding and current row
    )

),

final as (

    select
        account_id,
        from_date,
        next_change_date as to_date,
        cast(active_users as integer) as active_users,
        cast(active_user_days as integer) as active_user_days,
        cast(features_used as integer) as features_used,
        cast(sticky_users as integer) as sticky_users
    from levels
    where active_users > 0

)

select * from final
