-- One row per payment that failed and per invoice that was written off.
-- A write-off is dated by the first version of the invoice that says uncollectible.
with

invoices as (

    select
        invoice_id,
        account_id
    from {{ ref('stg_billing__invoices') }}

),

written_off_invoices as (

    select
        invoice_id,
        min(updated_at) as written_off_at
    from {{ ref('base_billing__invoices') }}
    where status = 'uncollectible'
    group by invoice_id

),

failed_payments as (

    select
        payment_id,
        invoice_id,
        amount,
        currency,
        paid_at
    from {{ ref('stg_billing__payments') }}
    where status = 'failed'

),

troubles as (

    select
        'invoice_written_off' as trouble_type,
        written_off_invoices.invoice_id as source_id,
        written_off_invoices.invoice_id,
        invoices.account_id as customer_id,
        cast(null as decimal(18, 2)) as payment_amount,
        cast(null as varchar) as payment_currency,
        written_off_invoices.written_off_at as troubled_at
    from written_off_invoices
    inner join invoices
        on written_off_invoices.invoice_id = invoices.invoice_id

    union all

    select
        'payment_failed' as trouble_type,
        failed_payments.payment_id as source_id,
        failed_payments.invoice_id,
        invoices.account_id as customer_id,
        failed_payments.amount as payment_amount,
        failed_payments.currency as payment_currency,
        failed_payments.paid_at as troubled_at
    from failed_payments
    inner join invoices
        on failed_payments.invoice_id = invoices.invoice_id

),

dated_troubles as (

    select
        *,
        {{ local_date('troubled_at') }} as trouble_date
    from troubles

),

final as (

    select
        trouble_type,
        source_id,
        invoice_id,
        customer_id,
        payment_amount,
        payment_currency,
        troubled_at,
        trouble_date
    from dated_troubles
    where trouble_date <= {{ as_of_date() }}

)

select * from final
