-- One row per accepted row of billing.payments: the current version of its key.
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
