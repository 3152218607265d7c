-- What a customer has on the as-of date is the sum of its families and SKUs in the last
-- month. The two are read apart, the one in the customer list, the other in reports; a
-- customer left out of either would be missed by whoever looks there.
with

customers as (

    select
        customer_id,
        cmrr,
        recognised_mrr
    from {{ ref('dim_customers') }}

),

levels as (

    select
        customer_id,
        sum(cmrr) as cmrr,
        sum(recognised_mrr) as recognised_mrr
    from {{ ref('fct_cmrr_months') }}
    where month = cast(date_trunc('month', {{ as_of_date() }}) as date)
    group by customer_id

)

select
    coalesce(customers.customer_id, levels.customer_id) as customer_id,
    customers.cmrr,
    levels.cmrr as level_cmrr,
    customers.recognised_mrr,
    levels.recognised_mrr as level_recognised_mrr
from customers
full join levels
    on customers.customer_id = levels.customer_id
where
    coalesce(customers.cmrr, 0) <> coalesce(levels.cmrr, 0)
    or coalesce(customers.recognised_mrr, 0) <> coalesce(levels.recognised_mrr, 0)
