-- The timeline explains a customer's CMRR from its first day: its movements sum to the
-- CMRR of today. One lost on the way, or dated after today, would leave a gap.
with

customers as (

    select
        customer_id,
        cmrr
    from {{ ref('dim_customers') }}

),

timeline as (

    select
        customer_id,
        sum(amount) filter (where source_table = 'fct_cmrr_movements') as cmrr,
        max(event_date) as last_date,
        max(event_number) - count(*) as numbers_left_out
    from {{ ref('rpt_account_timeline') }}
    group by customer_id

)

select
    customers.customer_id,
    customers.cmrr,
    timeline.cmrr as cmrr_of_timeline,
    timeline.last_date
from customers
left join timeline
    on customers.customer_id = timeline.customer_id
where
    coalesce(timeline.cmrr, 0) <> customers.cmrr
    or timeline.last_date > {{ as_of_date() }}
    or coalesce(timeline.numbers_left_out, 0) <> 0
