{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook="{{ record_build(['int_usage_redo']) }}",
        meta={'redo': {
            'plan': 'int_usage_redo',
            'account': 'account_id',
            'day': 'day'
        }}
    )
}}
-- One row per account, user and local day with an event, up to the as-of date.
-- A day of nothing but logins has a row and is not active.
with

usage_days as (

    select
        usage_days.account_id,
        usage_days.end_user_id,
        usage_days.usage_date,
        usage_days.event_count,
        usage_days.is_product_use,
        usage_days.is_sticky_use
    from {{ ref('int_usage_days') }} as usage_days
    {{- join_redo('int_usage_redo', 'usage_days.account_id', 'usage_days.usage_date') }}

),

final as (

    select
        account_id,
        end_user_id,
        usage_date as day,
        sum(event_count) as event_count,
        bool_or(not is_product_use) as has_login,
        bool_or(is_product_use) as is_active,
        bool_or(is_sticky_use) as is_sticky
    from usage_days
    group by account_id, end_user_id, usage_date

)

select
    account_id,
    end_user_id,
    day,
    cast(event_count as bigint) as event_count,
    has_login,
    is_active,
    is_sticky
from final
