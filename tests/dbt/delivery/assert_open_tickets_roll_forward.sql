-- Open at the end of the month before + created - solved = open, for every customer, a
-- month without a row having nothing open; and what is open at the end are the tickets
-- that are open today. A gap would let a backlog vanish without being solved.
with

months as (

    select
        month,
        customer_id,
        tickets_created,
        tickets_solved,
        tickets_open,
        lag(month) over customer_months as earlier_month,
        lag(tickets_open) over customer_months as earlier_open,
        lead(month) over customer_months as later_month,
        cast(date_trunc('month', {{ as_of_date() }}) as date) as last_month
    from {{ ref('fct_ticket_months') }}
    window customer_months as (partition by customer_id order by month)

),

open_tickets as (

    select
        customer_id,
        count(*) as tickets
    from {{ ref('fct_tickets') }}
    where is_open
    group by customer_id

),

open_months as (

    select
        customer_id,
        tickets_open as tickets
    from months
    where month = last_month and tickets_open <> 0

)

select
    customer_id,
    month,
    tickets_open
from months
where
    case
        when earlier_month = cast(month - interval 1 month as date) then earlier_open
        else 0
    end + tickets_created - tickets_solved <> tickets_open
    or (
        tickets_open <> 0
        and month < last_month
        and coalesce(later_month <> cast(month + interval 1 month as date), true)
    )

union all

select
    coalesce(open_tickets.customer_id, open_months.customer_id) as customer_id,
    null as month,
    open_tickets.tickets as tickets_open
from open_tickets
full outer join open_months
    on open_tickets.customer_id = open_months.customer_id
where coalesce(open_tickets.tickets, 0) <> coalesce(open_months.tickets, 0)
