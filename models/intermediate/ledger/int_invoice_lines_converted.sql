-- One row per line of an invoice that is not void, in reporting currency.
-- Rate: the newest on or before the invoice date; before the first one, the first.
with

invoice_lines as (

    select
        invoice_line_id,
        invoice_id,
        sku,
        line_type,
        case when line_type = 'credit' then -abs(amount) else amount end as amount
    from {{ ref('stg_billing__invoice_lines') }}

),

invoices as (

    select
        invoice_id,
        account_id,
        contract_id,
        currency,
        invoice_date
    from {{ ref('stg_billing__invoices') }}
    where
        status <> 'void'
        and invoice_date <= {{ as_of_date() }}

),

rate_spells as (

    select
        currency,
        exchange_rate,
        is_first,
        from_date,
        to_date
    from {{ ref('int_exchange_rate_spells') }}

),

families as (

    select
        contract_id,
        customer_id
    from {{ ref('int_contract_families') }}

),

final as (

    select
        invoice_lines.invoice_line_id,
        invoice_lines.invoice_id,
        coalesce(invoices.contract_id, 'not_given') as contract_id,
        coalesce(families.customer_id, invoices.account_id) as customer_id,
        invoice_lines.sku,
        invoice_lines.line_type,
        {{ round_money(
            "cast(invoice_lines.amount as decimal(38, 2)) * rate_spells.exchange_rate"
        ) }} as reporting_amount,
        invoices.invoice_date,
        cast(date_trunc('month', invoices.invoice_date) as date) as month
    from invoice_lines
    inner join invoices
        on invoice_lines.invoice_id = invoices.invoice_id
    inner join rate_spells
        on
            invoices.currency = rate_spells.currency
            and (
                invoices.invoice_date >= rate_spells.from_date or rate_spells.is_first
            )
            and invoices.invoice_date < rate_spells.to_date
    left join families
        on invoices.contract_id = families.contract_id

)

select * from final
