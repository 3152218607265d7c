-- One row per key of crm.accounts whose current version stands.
with

final as (

    select
        account_id,
        account_name,
        parent_account_id,
        industry,
        employee_count,
        country,
        sales_channel,
        owner_user_id,
        csm_user_id,
        created_at,
        updated_at,
        is_referenceable,
        is_deleted,
        loaded_at
    from {{ ref('base_crm__accounts') }}
    where row_status = 'current'

)

select * from final
