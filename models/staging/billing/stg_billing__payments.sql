-- One row per key of billing.payments whose current version stands.
with

final as (

    select
        payment_id,
        invoice_id,
        paid_at,
        amount,
        currency,
        status,
        loaded_at
    from {{ ref('base_billing__payments') }}
    where row_status = 'current'

)

select * from final
