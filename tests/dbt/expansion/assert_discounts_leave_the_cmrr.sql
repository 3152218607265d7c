-- List price less discount of the lines committed today is each customer's CMRR. A line
-- without its list price would understate what discounts forgo.
with

lines as (

    select
        customer_id,
        sum(list_mrr - discount_mrr) as cmrr
    from {{ ref('fct_discounts') }}
    where is_committed
    group by customer_id

)

select
    customers.customer_id,
    customers.cmrr,
    lines.cmrr as cmrr_of_lines
from {{ ref('dim_customers') }} as customers
full join lines
    on customers.customer_id = lines.customer_id
where coalesce(customers.cmrr, 0) <> coalesce(lines.cmrr, 0)
