-- One row per ticket that is assigned to a CSM: to one by role, or who ever carried a
-- customer.
with

people as (

    select user_id
    from {{ ref('dim_users') }}
    where user_role = 'csm'

    union all

    select csm_user_id as user_id
    from {{ ref('fct_csm_portfolios') }}

),

csms as (

    select user_id
    from people
    group by user_id

),

tickets as (

    select
        ticket_id,
        created_date,
        customer_id,
        assignee_user_id,
        ticket_type,
        priority
    from {{ ref('fct_tickets') }}

),

final as (

    select
        tickets.ticket_id,
        tickets.created_date,
        tickets.customer_id,
        tickets.assignee_user_id as csm_user_id,
        tickets.ticket_type,
        tickets.priority
    from tickets
    inner join csms
        on tickets.assignee_user_id = csms.user_id

)

select * from final
