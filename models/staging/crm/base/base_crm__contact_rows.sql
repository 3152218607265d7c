-- One row per landed row of crm.contacts, as it came. A view: whoever asked for
-- deletion is looked up in the landing files, and kept nowhere.
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
    from {{ source('crm', 'contacts') }}
    where {{ is_known('loaded_at') }}

)

select * from final
