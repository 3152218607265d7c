-- Who took a second product line in a month had one by then: the conversions are part
-- of their base, or the rate could pass 1. Product lines held by today follow from the
-- SKUs.
with

lines_today as (

    select
        cmrr_months.month,
        cmrr_months.customer_id,
        products.product_line
    from {{ ref('fct_cmrr_months') }} as cmrr_months
    inner join {{ ref('dim_products') }} as products
        on cmrr_months.sku = products.sku
    where not products.is_archive
    group by cmrr_months.month, cmrr_months.customer_id, products.product_line
    having sum(cmrr_months.cmrr) > 0

),

line_counts as (

    select
        month,
        customer_id,
        count(*) as product_lines
    from lines_today
    group by month, customer_id

)

select
    expansion.month,
    expansion.customer_id,
    expansion.product_lines,
    line_counts.product_lines as counted_product_lines
from {{ ref('fct_expansion_months') }} as expansion
full join line_counts
    on
        expansion.month = line_counts.month
        and expansion.customer_id = line_counts.customer_id
where
    (expansion.took_second_product_line and not expansion.had_one_product_line)
    or coalesce(expansion.product_lines, 0) <> coalesce(line_counts.product_lines, 0)
