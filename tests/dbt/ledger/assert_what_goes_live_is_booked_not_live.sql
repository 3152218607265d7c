-- The pipeline by month of going live is all of booked_not_live on the as-of date,
-- customer by customer.
with

levels as (

    select
        customer_id,
        sum(booked_not_live) as booked_not_live
    from {{ ref('fct_cmrr_months') }}
    where month = cast(date_trunc('month', {{ as_of_date() }}) as date)
    group by customer_id

),

pipeline as (

    select
        customer_id,
        sum(going_live_cmrr) as going_live_cmrr
    from {{ ref('fct_remaining_performance_obligation') }}
    group by customer_id

)

select
    coalesce(levels.customer_id, pipeline.customer_id) as customer_id,
    levels.booked_not_live,
    pipeline.going_live_cmrr
from levels
full join pipeline
    on levels.customer_id = pipeline.customer_id
where coalesce(levels.booked_not_live, 0) <> coalesce(pipeline.going_live_cmrr, 0)
