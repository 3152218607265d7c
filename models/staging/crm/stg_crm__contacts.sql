-- One row per key of crm.contacts whose current version stands.
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
