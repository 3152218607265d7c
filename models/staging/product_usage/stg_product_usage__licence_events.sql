-- One row per key of product_usage.licence_events whose current version stands.
with

final as (

    select
        licence_event_id,
        account_id,
        end_user_id,
        sku,
        event_type,
        occurred_at,
        loaded_at
    from {{ ref('base_product_usage__licence_events') }}
    where row_status = 'current'

)

select * from final
