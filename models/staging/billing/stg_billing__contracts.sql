-- One row per key of billing.contracts whose current version stands.
with

final as (

    select
        contract_id,
        account_id,
        renewed_from_contract_id,
        signed_at,
        start_date,
        end_date,
        billing_frequency,
        auto_renews,
        non_renewal_reason_code,
        currency,
        created_at,
        updated_at,
        is_deleted,
        {{ local_date('signed_at') }} as signed_date,
        loaded_at
    from {{ ref('base_billing__contracts') }}
    where row_status = 'current'

)

select * from final
