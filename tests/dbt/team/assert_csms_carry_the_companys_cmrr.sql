-- What all CSMs carry at a month end, with what nobody carries, is the company's CMRR;
-- so are the customers. A customer lost between two spells would go missing here.
with

company as (

    select
        month,
        sum(cmrr) as cmrr
    from {{ ref('fct_cmrr_months') }}
    group by month

),

csms as (

    select
        month,
        sum(cmrr) as cmrr,
        sum(customers) as customers
    from {{ ref('fct_csm_months') }}
    group by month

),

customers as (

    select
        month,
        count(*) filter (where is_active) as customers
    from {{ ref('fct_csm_customer_months') }}
    group by month

)

select
    csms.month,
    company.cmrr,
    csms.cmrr as csm_cmrr,
    customers.customers,
    csms.customers as csm_customers
from company
full join csms
    on company.month = csms.month
full join customers
    on csms.month = customers.month
where
    coalesce(company.cmrr, 0) <> coalesce(csms.cmrr, 0)
    or coalesce(customers.customers, 0) <> coalesce(csms.customers, 0)
