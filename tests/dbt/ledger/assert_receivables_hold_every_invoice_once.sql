-- Every invoice that is not void is invoiced once, in its own month. An invoice before
-- a first rate, or of a contract that nobody knows, must not fall out of a join.
with

invoices as (

    select
        invoice_id,
        cast(date_trunc('month', invoice_date) as date) as month
    from {{ ref('stg_billing__invoices') }}
    where
        status <> 'void'
        and invoice_date <= {{ as_of_date() }}

),

issued as (

    select
        invoice_id,
        month
    from {{ ref('fct_receivables') }}
    where month = cast(date_trunc('month', invoice_date) as date)

)

select
    coalesce(invoices.invoice_id, issued.invoice_id) as invoice_id,
    invoices.month as month_of_invoice,
    issued.month as month_invoiced
from invoices
full join issued
    on
        invoices.invoice_id = issued.invoice_id
        and invoices.month = issued.month
where invoices.invoice_id is null or issued.invoice_id is null
