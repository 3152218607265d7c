-- One row per recurring order line that sells something, with list price and discount.
with

lines as (

    select
        order_line_id,
        customer_id,
        sku,
        order_type,
        signed_date,
        list_mrr,
        discount_mrr
    from {{ ref('fct_discounts') }}
    where list_mrr > 0

),

products as (

    select
        sku,
        product_line
    from {{ ref('dim_products') }}

),

final as (

    select
        lines.order_line_id,
        lines.customer_id,
        lines.sku,
        products.product_line,
        lines.order_type,
        lines.signed_date,
        lines.list_mrr,
        lines.discount_mrr
    from lines
    inner join products
        on lines.sku = products.sku

)

select * from final
