-- One row per accepted row of billing.quotes: the current version of its key.
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
