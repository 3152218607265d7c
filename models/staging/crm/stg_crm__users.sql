-- One row per key of crm.users whose current version stands.
with

final as (

    select
        user_id,
        full_name,
        user_role,
        manager_user_id,
        is_active,
        created_at,
        updated_at,
        loaded_at
    from {{ ref('base_crm__users') }}
    where row_status = 'current'

)

select * from final
