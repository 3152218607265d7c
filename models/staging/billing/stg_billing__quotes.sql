-- One row per key of billing.quotes whose current version stands.
with

final as (

    select
        quote_id,
        contract_id,
        sent_at,
        annual_amount,
        currency,
        status,
        updated_at,
        loaded_at
    from {{ ref('base_billing__quotes') }}
    where row_status = 'current'

)

select * from final
