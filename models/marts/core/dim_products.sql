-- One row per SKU in the price list.
with

final as (

    select
        sku,
        product_name,
        product_line,
        charge_type,
        is_archive
    from {{ ref('stg_billing__products') }}

)

select * from final
