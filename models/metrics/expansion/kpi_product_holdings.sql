-- One row per month, customer and SKU with CMRR at the month's end, archive left out.
with

products as (

    select
        sku,
        product_line
    from {{ ref('dim_products') }}
    where not is_archive

),

holdings as (

    select
        cmrr_months.month,
        cmrr_months.customer_id,
        cmrr_months.sku,
        products.product_line
    from {{ ref('fct_cmrr_months') }} as cmrr_months
    inner join products
        on cmrr_months.sku = products.sku
    group by
        cmrr_months.month,
        cmrr_months.customer_id,
        cmrr_months.sku,
        products.product_line
    having sum(cmrr_months.cmrr) > 0

),

final as (

    select
        month,
        customer_id,
        sku,
        product_line,
        count(*) over (partition by month, customer_id) as skus_held
    from holdings

)

select * from final
