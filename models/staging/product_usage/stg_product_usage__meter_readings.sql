-- One row per key of product_usage.meter_readings whose current version stands.
with

final as (

    select
        account_id,
        sku,
        reading_date,
        units_consumed,
        loaded_at
    from {{ ref('base_product_usage__meter_readings') }}
    where row_status = 'current'

)

select * from final
