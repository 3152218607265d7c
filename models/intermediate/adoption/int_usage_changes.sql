{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook="{{ record_build(['int_usage_redo']) }}",
        meta={'redo': {
            'plan': 'int_usage_redo',
            'account': 'account_id',
            'day': 'change_date'
        }}
    )
}}
-- One row per account, SKU, measure and day on which a 28-day measure changes, signed.
-- SKU is null for measures of the whole account; sum up to a day for its level.
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

sku_user_days as (

    select
        usage_days.account_id,
        sku_features.sku,
        usage_days.end_user_id,
        usage_days.usage_date
    from {{ ref('int_usage_days') }} as usage_days
    inner join {{ ref('int_sku_features') }} as sku_features
        on usage_days.feature_name = sku_features.feature_name
    {{- join_redo(
        'int_usage_redo', 'usage_days.account_id', 'usage_days.usage_date', 28
    ) }}
    group by
        usage_days.account_id,
        sku_features.sku,
        usage_days.end_user_id,
        usage_days.usage_date

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
        cast(null as varchar) as sku,
        end_user_id as member,
        day as from_date,
        {{ add_days('day', 28) }} as to_date
    from user_days

    union all

    select
        'active_users' as measure,
        account_id,
        sku,
        end_user_id as member,
        usage_date as from_date,
        {{ add_days('usage_date', 28) }} as to_date
    from sku_user_days

    union all

    select
        'features_used' as measure,
        account_id,
        cast(null as varchar) as sku,
        feature_name as member,
        usage_date as from_date,
        {{ add_days('usage_date', 28) }} as to_date
    from feature_days

    union all

    -- Sticky from the fourth day on, until the first of the four leaves the window.
    select
        'sticky_users' as measure,
        account_id,
        cast(null as varchar) as sku,
        end_user_id as member,
        day as from_date,
        {{ add_days('first_of_four', 28) }} as to_date
    from fourth_sticky_days
    where day < {{ add_days('first_of_four', 28) }}

),

-- Spells of a member follow each other in both ends, so a union begins where the spell
-- before is over and ends where the next has not begun.
spells_in_order as (

    select
        measure,
        account_id,
        sku,
        from_date,
        to_date,
        coalesce(lag(to_date) over member_days < from_date, true) as is_first,
        coalesce(lead(from_date) over member_days > to_date, true) as is_last
    from spells
    window member_days as (
        partition by measure, account_id, sku, member
        order by from_date
    )

),

edges as (

    select
        measure,
        account_id,
        sku,
        from_date as change_date,
        1 as change
    from spells_in_order
    where is_first

    union all

    select
        measure,
        account_id,
        sku,
        to_date as change_date,
        -1 as change
    from spells_in_order
    where is_last

    union all

    select
        'active_user_days' as measure,
        account_id,
        cast(null as varchar) as sku,
        day as change_date,
        1 as change
    from user_days

    union all

    select
        'active_user_days' as measure,
        account_id,
        cast(null as varchar) as sku,
        {{ add_days('day', 28) }} as change_date,
        -1 as change
    from user_days

),

final as (

    select
        edges.measure,
        edges.account_id,
        edges.sku,
        edges.change_date,
        cast(sum(edges.change) as integer) as change
    from edges
    {{- join_redo('int_usage_redo', 'edges.account_id', 'edges.change_date') }}
    group by edges.measure, edges.account_id, edges.sku, edges.change_date
    having sum(edges.change) <> 0

)

select * from final
