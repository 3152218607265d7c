-- One row per key of product_usage.events whose current version stands.
with

final as (

    select
        event_id,
        account_id,
        end_user_id,
        feature_name,
        platform,
        occurred_at,
        occurred_date,
        received_at,
        loaded_at
    from {{ ref('base_product_usage__events') }}
    where row_status = 'current'

)

select * from final
