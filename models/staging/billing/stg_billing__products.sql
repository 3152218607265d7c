-- One row per key of billing.products whose current version stands.
with

final as (

    select
        sku,
        product_name,
        product_line,
        charge_type,
        unit_of_measure,
        is_archive,
        bundle_sku,
        updated_at,
        loaded_at
    from {{ ref('base_billing__products') }}
    where row_status = 'current'

)

select * from final
