-- Every ticket stands in the months once when it was raised, solved and escalated,
-- under its own customer and type. A ticket lost on the way would make support look
-- quiet.
with

events as (

    select
        customer_id,
        cast(date_trunc('month', created_date) as date) as month,
        'created' as event,
        ticket_type
    from {{ ref('fct_tickets') }}

    union all

    select
        customer_id,
        cast(date_trunc('month', solved_date) as date) as month,
        'solved' as event,
        ticket_type
    from {{ ref('fct_tickets') }}
    where not is_open

    union all

    select
        customer_id,
        cast(date_trunc('month', {{ local_date('escalated_at') }}) as date) as month,
        'escalated' as event,
        ticket_type
    from {{ ref('fct_tickets') }}
    where is_escalated

),

counted as (

    select
        month,
        customer_id,
        count(*) filter (where event = 'created') as tickets_created,
        {%- for type in ticket_types() %}
        count(*) filter (where event = 'created' and ticket_type = '{{ type }}')
            as {{ type }}_tickets_created,
        {%- endfor %}
        count(*) filter (where event = 'solved') as tickets_solved,
        count(*) filter (where event = 'escalated') as tickets_escalated
    from events
    group by month, customer_id

),

published as (

    select *
    from {{ ref('fct_ticket_months') }}

)

select
    coalesce(counted.month, published.month) as month,
    coalesce(counted.customer_id, published.customer_id) as customer_id
from counted
full outer join published
    on
        counted.month = published.month
        and counted.customer_id = published.customer_id
where
    coalesce(counted.tickets_created, 0) <> coalesce(published.tickets_created, 0)
    {%- for type in ticket_types() %}
    or coalesce(counted.{{ type }}_tickets_created, 0)
    <> coalesce(published.{{ type }}_tickets_created, 0)
    {%- endfor %}
    or coalesce(counted.tickets_solved, 0) <> coalesce(published.tickets_solved, 0)
    or coalesce(counted.tickets_escalated, 0)
    <> coalesce(published.tickets_escalated, 0)
