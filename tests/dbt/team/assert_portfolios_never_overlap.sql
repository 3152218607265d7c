-- No customer is carried by two CSMs on one day. An overlap would count the customer,
-- its CMRR and every interaction of those days twice in all that joins portfolios by
-- day.
with

spells as (

    select
        customer_id,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by customer_id order by valid_from)
            as next_valid_from
    from {{ ref('fct_csm_portfolios') }}

)

select
    customer_id,
    valid_from,
    valid_to,
    next_valid_from
from spells
where
    valid_to <= valid_from
    or next_valid_from < valid_to
    or (next_valid_from is not null and valid_to is null)
