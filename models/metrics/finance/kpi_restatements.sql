-- One row per restatement of a closed month, with its product line.
with

restatements as (

    select
        month,
        customer_id,
        contract_family_id,
        sku,
        movement_type,
        restated_amount,
        coalesce(cause, 'not_explained') as cause
    from {{ ref('fct_cmrr_restatements') }}

),

products as (

    select
        sku,
        product_line
    from {{ ref('dim_products') }}

),

final as (

    select
        restatements.month,
        restatements.customer_id,
        restatements.contract_family_id,
        restatements.sku,
        products.product_line,
        restatements.movement_type,
        restatements.cause,
        restatements.restated_amount
    from restatements
    left join products
        on restatements.sku = products.sku

)

select * from final
