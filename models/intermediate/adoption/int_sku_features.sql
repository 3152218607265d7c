-- One row per SKU and feature that it unlocks, the login left out.
-- A bundle unlocks its parts' features too: a feature may stand under two SKUs.
with

features as (

    select
        feature_name,
        sku,
        {{ local_date('released_at') }} as released_date
    from {{ ref('stg_product_usage__features') }}
    where {{ is_product_use('feature_name') }}

),

products as (

    select
        sku,
        bundle_sku
    from {{ ref('stg_billing__products') }}

),

final as (

    select
        sku,
        feature_name,
        released_date
    from features

    union all

    select
        products.bundle_sku as sku,
        features.feature_name,
        features.released_date
    from features
    inner join products on features.sku = products.sku
    where products.bundle_sku <> products.sku

)

select * from final
