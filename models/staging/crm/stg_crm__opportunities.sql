-- One row per key of crm.opportunities whose current version stands.
with

final as (

    select
        opportunity_id,
        account_id,
        opportunity_type,
        stage,
        amount,
        currency,
        lead_source,
        is_trial_conversion,
        created_at,
        close_date,
        is_closed,
        is_won,
        owner_user_id,
        updated_at,
        is_deleted,
        loaded_at
    from {{ ref('base_crm__opportunities') }}
    where row_status = 'current'

)

select * from final
