-- One row per key of support.tickets whose current version stands.
with

final as (

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
        solved_at,
        resolution_due_at,
        escalated_at,
        updated_at,
        loaded_at
    from {{ ref('base_support__tickets') }}
    where row_status = 'current'

)

select * from final
