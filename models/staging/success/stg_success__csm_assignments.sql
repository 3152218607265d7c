-- One row per accepted row of success.csm_assignments: the current version of its key.
with

final as (

    select
        account_id,
        assigned_from,
        assigned_to,
        csm_user_id,
        loaded_at
    from {{ ref('base_success__csm_assignments') }}
    where row_status = 'current'

)

select * from final
