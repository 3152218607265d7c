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

changes_of_day as (

    select
        changes.account_id,
        changes.change_date,
        sum(case when changes.measure = 'active_users' then changes.change else 0 end)
            as active_users,
        sum(
            case
                when changes.measure = 'active_user_days' then changes.change
                else 0
            end
        ) as active_user_days,
        sum(case when changes.measure = 'features_used' then changes.change else 0 end)
            as features_used,
        sum(case when changes.measure = 'sticky_users' then changes.change else 0 end)
            as sticky_users
    from {{ ref('int_usage_changes') }} as changes
    {{- join_redo('int_usage_redo', 'changes.account_id', 'changes.change_date') }}
    where changes.sku is null
    group by changes.account_id, changes.change_date

),

{% if keeps_rows() %}
-- The level on which the first day that is done again stands.
opening_levels as (

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

),

{% endif -%}
changes as (

    select
        account_id,
        change_date,
        active_users,
        active_user_days,
        features_used,
        sticky_users
    from changes_of_day

    {% if keeps_rows() -%}
    union all

    select
        account_id,
        change_date,
        active_users,
        active_user_days,
        features_used,
        sticky_users
    from opening_levels

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
