{{ config(materialized='view') }}
-- One row per row of product_usage.events landed by the as-of date, duplicates too.
with

final as (

    select
        event_id,
        account_id,
        end_user_id,
        feature_name,
        platform,
        occurred_at,
        received_at,
        loaded_at
    from {{ source('product_usage', 'events') }}
    where {{ is_known('loaded_at') }}

)

select * from final
