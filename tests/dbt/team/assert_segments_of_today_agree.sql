-- The running month stands at the as-of date, so its segments and CMRR are those of
-- dim_customers. Thresholds applied in two ways would part the two.
select
    customers.customer_id,
    customers.segment,
    customer_months.segment as month_segment,
    customers.cmrr,
    customer_months.cmrr as month_cmrr
from {{ ref('dim_customers') }} as customers
left join {{ ref('fct_csm_customer_months') }} as customer_months
    on
        customers.customer_id = customer_months.customer_id
        and customer_months.month
        = cast(date_trunc('month', {{ as_of_date() }}) as date)
where
    customers.cmrr <> coalesce(customer_months.cmrr, 0)
    or (customers.cmrr > 0 and customers.segment <> customer_months.segment)
