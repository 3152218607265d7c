-- One row per period and ticket that is open on its last day; of the running period, on
-- the as-of date.
with

periods as (

    select
        period_grain,
        period_start,
        least(period_end, {{ as_of_date() }}) as last_date
    from {{ ref('kpi_periods') }}
    where period_grain <> 'day'

),

tickets as (

    select
        ticket_id,
        customer_id,
        ticket_type,
        priority,
        created_date,
        solved_date
    from {{ ref('fct_tickets') }}

),

final as (

    select
        periods.period_grain,
        periods.period_start,
        tickets.ticket_id,
        tickets.customer_id,
        tickets.ticket_type,
        tickets.priority,
        cast(periods.last_date - tickets.created_date as integer) as days_open
    from periods
    inner join tickets
        on
            periods.last_date >= tickets.created_date
            and periods.last_date
            < coalesce(tickets.solved_date, cast('9999-12-31' as date))

)

select * from final
