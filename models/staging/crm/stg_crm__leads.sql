-- One row per key of crm.leads whose current version stands.
with

final as (

    select
        lead_id,
        lead_source,
        created_at,
        trial_type,
        trial_started_at,
        trial_ended_at,
        converted_at,
        converted_account_id,
        updated_at,
        loaded_at
    from {{ ref('base_crm__leads') }}
    where row_status = 'current'

)

select * from final
