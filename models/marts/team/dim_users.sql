-- One row per person of the company's own that the CRM knows, as it is today.
with

users as (

    select
        user_id,
        full_name,
        user_role,
        manager_user_id,
        is_active,
        {{ local_date('created_at') }} as hired_date
    from {{ ref('stg_crm__users') }}

),

final as (

    select
        users.user_id,
        users.full_name,
        users.user_role,
        users.manager_user_id,
        managers.full_name as manager_name,
        users.is_active,
        users.hired_date
    from users
    left join users as managers
        on users.manager_user_id = managers.user_id

)

select * from final
