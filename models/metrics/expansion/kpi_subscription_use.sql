-- One row per month, customer and SKU of which licences or units were bought.
with

subscriptions as (

    select
        month,
        customer_id,
        sku,
        measure,
        is_compliant
    from {{ ref('fct_subscription_use_months') }}

),

products as (

    select
        sku,
        product_line
    from {{ ref('dim_products') }}

),

final as (

    select
        subscriptions.month,
        subscriptions.customer_id,
        subscriptions.sku,
        products.product_line,
        subscriptions.measure,
        subscriptions.is_compliant
    from subscriptions
    inner join products
        on subscriptions.sku = products.sku

)

select * from final
