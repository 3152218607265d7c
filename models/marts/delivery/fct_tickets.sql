-- One row per ticket that was raised by the as-of date, as it is on that day.
-- An account that never signed a contract may raise tickets too: it has no segment.
with

tickets as (

    select *
    from {{ ref('int_tickets_settled') }}

),

customers as (

    select
        customer_id,
        segment
    from {{ ref('dim_customers') }}

),

final as (

    select
        tickets.ticket_id,
        tickets.customer_id,
        customers.segment,
        tickets.contact_id,
        tickets.assignee_user_id,
        tickets.ticket_type,
        tickets.priority,
        tickets.ticket_status,
        tickets.first_response_hours,
        tickets.resolution_hours,
        case
            when tickets.solved_at is null
                then cast({{ as_of_date() }} - tickets.created_date as integer)
        end as days_unresolved,
        tickets.solved_at is null as is_open,
        tickets.escalated_at is not null as is_escalated,
        tickets.resolution_due_at is not null
        and (
            tickets.solved_at is not null
            or tickets.resolution_due_date <= {{ as_of_date() }}
        ) as is_resolution_due,
        coalesce(tickets.solved_at <= tickets.resolution_due_at, false)
            as is_within_due,
        tickets.created_at,
        tickets.first_response_at,
        tickets.solved_at,
        tickets.escalated_at,
        tickets.resolution_due_at,
        tickets.created_date,
        tickets.solved_date
    from tickets
    left join customers
        on tickets.customer_id = customers.customer_id

)

select * from final
