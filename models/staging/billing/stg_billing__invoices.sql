-- One row per key of billing.invoices whose current version stands.
with

final as (

    select
        invoice_id,
        account_id,
        contract_id,
        invoice_date,
        due_date,
        currency,
        total_amount,
        status,
        updated_at,
        loaded_at
    from {{ ref('base_billing__invoices') }}
    where row_status = 'current'

)

select * from final
