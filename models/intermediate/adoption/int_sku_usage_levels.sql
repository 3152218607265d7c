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

changes as (

    select
        changes.account_id,
        changes.sku,
        changes.change_date,
        changes.change
    from {{ ref('int_usage_changes') }} as changes
    {{- join_redo('int_usage_redo', 'changes.account_id', 'changes.change_date') }}
    where changes.sku is not null

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
