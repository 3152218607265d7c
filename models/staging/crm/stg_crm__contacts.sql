-- One row per accepted row of crm.contacts: the current version of its key.
with

final as (

    select
        contact_id,
        account_id,
        full_name,
        email,
        title,
        contact_role,
        departed_at,
        created_at,
        updated_at,
        is_deleted,
        loaded_at
    from {{ ref('base_crm__contacts') }}
    where row_status = 'current'

)

select * from final
