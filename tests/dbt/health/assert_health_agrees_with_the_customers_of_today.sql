-- Health tells each customer's segment, stage and CMRR of the day by itself; on the
-- as-of date they are those of dim_customers, for all customers with CMRR and no other.
with

today as (

    select
        customer_id,
        segment,
        lifecycle_stage,
        cmrr
    from {{ ref('fct_customer_health') }}
    where health_date = {{ as_of_date() }}

),

active as (

    select
        customer_id,
        segment,
        lifecycle_stage,
        cmrr
    from {{ ref('dim_customers') }}
    where is_active

)

select
    coalesce(today.customer_id, active.customer_id) as customer_id,
    today.segment as health_segment,
    active.segment as customer_segment,
    today.lifecycle_stage as health_lifecycle_stage,
    active.lifecycle_stage as customer_lifecycle_stage,
    today.cmrr as health_cmrr,
    active.cmrr as customer_cmrr
from today
full join active
    on today.customer_id = active.customer_id
where
    today.customer_id is null
    or active.customer_id is null
    or today.segment <> active.segment
    or today.lifecycle_stage <> active.lifecycle_stage
    or today.cmrr <> active.cmrr
