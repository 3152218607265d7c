-- One row per key of product_usage.features whose current version stands.
with

final as (

    select
        feature_name,
        sku,
        is_sticky,
        released_at,
        loaded_at
    from {{ ref('base_product_usage__features') }}
    where row_status = 'current'

)

select * from final
