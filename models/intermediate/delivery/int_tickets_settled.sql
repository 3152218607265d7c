-- One row per ticket that was raised by the as-of date, with what had happened by then.
-- One that was opened again is not solved; hours are those of the clock.
with

tickets as (

    select
        ticket_id,
        account_id,
        contact_id,
        assignee_user_id,
        ticket_type,
        priority,
        status,
        created_at,
        first_response_at,
        case when status in ('solved', 'closed') then solved_at end as solved_at,
        escalated_at,
        resolution_due_at
    from {{ ref('stg_support__tickets') }}

),

tickets_with_days as (

    select
        *,
        {{ local_date('created_at') }} as created_date,
        {{ local_date('first_response_at') }} as first_response_date,
        {{ local_date('solved_at') }} as solved_date,
        {{ local_date('escalated_at') }} as escalated_date
    from tickets

),

{% set events = ['first_response', 'solved', 'escalated'] -%}
known_tickets as (

    select
        ticket_id,
        account_id as customer_id,
        contact_id,
        assignee_user_id,
        ticket_type,
        priority,
        status as ticket_status,
        created_at,
        {%- for event in events %}
        case when {{ event }}_date <= {{ as_of_date() }} then {{ event }}_at end
            as {{ event }}_at,
        {%- endfor %}
        resolution_due_at,
        created_date,
        {%- for event in events %}
        case when {{ event }}_date <= {{ as_of_date() }} then {{ event }}_date end
            as {{ event }}_date,
        {%- endfor %}
        {{ local_date('resolution_due_at') }} as resolution_due_date
    from tickets_with_days
    where created_date <= {{ as_of_date() }}

),

final as (

    select
        *,
        {{ hours_between('created_at', 'first_response_at') }} as first_response_hours,
        {{ hours_between('created_at', 'solved_at') }} as resolution_hours
    from known_tickets

)

select * from final
