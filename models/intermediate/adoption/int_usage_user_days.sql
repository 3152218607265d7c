-- One row per account, user and local day with an event, up to the as-of date.
-- A day of nothing but logins has a row and is not active.
with

usage_days as (

    select
        account_id,
        end_user_id,
        usage_date,
        event_count,
        is_product_use,
        is_sticky_use
    from {{ ref('int_usage_days') }}

),

final as (

    select
        account_id,
        end_user_id,
        usage_date as day,
        sum(event_count) as event_count,
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
    is_active,
    is_sticky
from final
