-- One row per customer and day on which a payment failed or an invoice was written off.
-- A write-off is dated by the first version of the invoice that says uncollectible.
with

invoices as (

    select
        invoice_id,
        account_id
    from {{ ref('stg_billing__invoices') }}

),

invoice_versions as (

    select
        invoice_id,
        updated_at
    from {{ ref('base_billing__invoices') }}
    where status = 'uncollectible'

),

failed_payments as (

    select
        invoice_id,
        paid_at
    from {{ ref('stg_billing__payments') }}
    where status = 'failed'

),

troubles as (

    select
        invoices.account_id as customer_id,
        min({{ local_date('invoice_versions.updated_at') }}) as trouble_date
    from invoice_versions
    inner join invoices
        on invoice_versions.invoice_id = invoices.invoice_id
    group by invoices.invoice_id, invoices.account_id

    union all

    select
        invoices.account_id as customer_id,
        {{ local_date('failed_payments.paid_at') }} as trouble_date
    from failed_payments
    inner join invoices
        on failed_payments.invoice_id = invoices.invoice_id

),

final as (

    select
        customer_id,
        trouble_date
    from troubles
    where trouble_date <= {{ as_of_date() }}
    group by customer_id, trouble_date

)

select * from final
