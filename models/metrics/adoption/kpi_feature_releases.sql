-- One row per feature whose first 30 days are over, with its product line.
with

releases as (

    select
        feature_name,
        sku,
        released_date,
        users,
        customers_using,
        customers_holding
    from {{ ref('fct_feature_releases') }}
    where is_window_over

),

products as (

    select
        sku,
        product_line
    from {{ ref('dim_products') }}

),

final as (

    select
        releases.feature_name,
        releases.sku,
        products.product_line,
        releases.released_date,
        releases.users,
        releases.customers_using,
        releases.customers_holding
    from releases
    left join products
        on releases.sku = products.sku

)

select * from final
