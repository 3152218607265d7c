-- One row per key of crm.activities whose current version stands.
with

final as (

    select
        activity_id,
        account_id,
        contact_id,
        contract_id,
        user_id,
        activity_type,
        occurred_at,
        subject,
        loaded_at
    from {{ ref('base_crm__activities') }}
    where row_status = 'current'

)

select * from final
