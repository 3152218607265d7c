-- A customer that one of the parts of rpt_account_360 did not know would drop out of
-- the report and be called by nobody; and a change of CMRR that does not end in the
-- CMRR shown would be explained to the customer wrongly.
with

customers as (

    select
        customer_id,
        cmrr
    from {{ ref('dim_customers') }}

),

report as (

    select
        customer_id,
        cmrr,
        cmrr_change_365_days
    from {{ ref('rpt_account_360') }}

),

a_year_ago as (

    select
        customer_id,
        sum(amount) as cmrr
    from {{ ref('fct_cmrr_movements') }}
    where movement_date <= {{ add_days(as_of_date(), -365) }}
    group by customer_id

)

select
    customers.customer_id,
    customers.cmrr,
    report.cmrr as reported_cmrr,
    a_year_ago.cmrr as cmrr_a_year_ago
from customers
left join report
    on customers.customer_id = report.customer_id
left join a_year_ago
    on customers.customer_id = a_year_ago.customer_id
where
    report.customer_id is null
    or report.cmrr <> customers.cmrr
    or coalesce(a_year_ago.cmrr, 0) + report.cmrr_change_365_days <> customers.cmrr
