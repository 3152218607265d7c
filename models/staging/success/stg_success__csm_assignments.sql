-- One row per key of success.csm_assignments whose current version stands.
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
