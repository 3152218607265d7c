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
-- One row per account, SKU and stretch of days with one number of users who used its
-- features in the 28 days that end on each of them. Half open; after the as-of date
-- stands what is left of the use until then.
with

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

spells as (

    select
        account_id,
        sku,
        end_user_id as member,
        usage_date as from_date,
        {{ add_days('usage_date', 28) }} as to_date
    from sku_user_days

),

{{ spell_edges(['account_id', 'sku']) }},

changes as (

    select
        edges.account_id,
        edges.sku,
        edges.change_date,
        sum(edges.change) as change
    from spell_edges as edges
    {{- join_redo('int_usage_redo', 'edges.account_id', 'edges.change_date') }}
    group by edges.account_id, edges.sku, edges.change_date
    having sum(edges.change) <> 0

    {% if keeps_rows() -%}
    union all

    -- The level on which the first day that is done again stands.
    select
        kept.account_id,
        kept.sku,
        kept.from_date as change_date,
        kept.active_users as change
    from {{ this }} as kept
    {{- join_redo('int_usage_redo', 'kept.account_id', 'kept.to_date') }}
    where kept.from_date < redo.redo_from

    {% endif -%}

),

levels as (

    select
        account_id,
        sku,
        change_date as from_date,
        lead(change_date) over (partition by account_id, sku order by change_date)
            as to_date,
        sum(change) over (
            partition by account_id, sku
            order by change_date
            rows between unbounded preceding and current row
        ) as active_users
    from changes

),

final as (

    select
        account_id,
        sku,
        from_date,
        to_date,
        cast(active_users as integer) as active_users
    from levels
    where active_users > 0

)

select * from final
