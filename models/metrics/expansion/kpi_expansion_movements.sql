-- One row per movement of CMRR that expands a customer, with its product line.
with

movements as (

    select
        movement_id,
        movement_date,
        customer_id,
        sku,
        driver,
        amount
    from {{ ref('fct_cmrr_movements') }}
    where movement_type in ('add_on', 'upgrade')

),

products as (

    select
        sku,
        product_line
    from {{ ref('dim_products') }}

),

final as (

    select
        movements.movement_id,
        movements.movement_date,
        movements.customer_id,
        movements.sku,
        products.product_line,
        movements.driver,
        movements.amount
    from movements
    inner join products
        on movements.sku = products.sku

)

select * from final
