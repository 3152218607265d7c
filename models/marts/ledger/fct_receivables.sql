-- One row per month and invoice issued in it or open at its end (running month: as of
-- today). invoiced_amount stands once; open_amount must not be summed over months.
with

invoices as (

    select
        invoice_id,
        account_id,
        coalesce(contract_id, 'not_given') as contract_id,
        currency,
        total_amount,
        status,
        invoice_date,
        due_date,
        case
            when status in ('paid', 'uncollectible')
                then least({{ local_date('updated_at') }}, {{ as_of_date() }})
        end as settled_date
    from {{ ref('stg_billing__invoices') }}
    where
        status <> 'void'
        and invoice_date <= {{ as_of_date() }}

),

families as (

    select
        contract_id,
        customer_id
    from {{ ref('int_contract_families') }}

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

payments as (

    select
        invoice_id,
        currency,
        case when status = 'refunded' then -amount else amount end as amount,
        {{ local_date('paid_at') }} as paid_date
    from {{ ref('stg_billing__payments') }}
    where status in ('succeeded', 'refunded')

),

months as (

    select
        month,
        last_date,
        report_date
    from {{ ref('int_ledger_months') }}

),

invoice_months as (

    select
        months.month,
        months.report_date,
        invoices.*,
        invoices.invoice_date >= months.month as is_issued,
        invoices.settled_date <= months.report_date as is_settled
    from invoices
    inner join months
        on
            invoices.invoice_date <= months.last_date
            and coalesce(invoices.settled_date, months.month) >= months.month

),

paid_by_month as (

    select
        invoice_months.month,
        invoice_months.invoice_id,
        sum(payments.amount) as paid_amount
    from invoice_months
    inner join payments
        on
            invoice_months.invoice_id = payments.invoice_id
            and invoice_months.currency = payments.currency
            and invoice_months.report_date >= payments.paid_date
    group by invoice_months.month, invoice_months.invoice_id

),

amounts as (

    select
        invoice_months.*,
        coalesce(families.customer_id, invoice_months.account_id) as customer_id,
        rate_spells.exchange_rate,
        invoice_months.total_amount - coalesce(paid_by_month.paid_amount, 0)
            as unpaid_amount
    from invoice_months
    inner join rate_spells
        on
            invoice_months.currency = rate_spells.currency
            and (
                invoice_months.invoice_date >= rate_spells.from_date
                or rate_spells.is_first
            )
            and invoice_months.invoice_date < rate_spells.to_date
    left join paid_by_month
        on
            invoice_months.month = paid_by_month.month
            and invoice_months.invoice_id = paid_by_month.invoice_id
    left join families
        on invoice_months.contract_id = families.contract_id

),

converted_amounts as (

    select
        *,
        case
            when is_issued then {{ round_money(
                "cast(total_amount as decimal(38, 2)) * exchange_rate"
            ) }}
            else 0
        end as invoiced_amount,
        case
            when is_settled then 0
            else {{ round_money(
                "cast(unpaid_amount as decimal(38, 2)) * exchange_rate"
            ) }}
        end as open_amount,
        case
            when is_settled and status = 'uncollectible' then {{ round_money(
                "cast(unpaid_amount as decimal(38, 2)) * exchange_rate"
            ) }}
            else 0
        end as written_off_amount
    from amounts

),

final as (

    select
        month,
        invoice_id,
        customer_id,
        contract_id,
        case
            when report_date <= due_date then 'not_due'
            when report_date - due_date <= 30 then 'days_1_to_30'
            when report_date - due_date <= 60 then 'days_31_to_60'
            when report_date - due_date <= 90 then 'days_61_to_90'
            else 'days_over_90'
        end as age_bucket,
        cast(invoiced_amount as decimal(18, 2)) as invoiced_amount,
        cast(open_amount as decimal(18, 2)) as open_amount,
        cast(written_off_amount as decimal(18, 2)) as written_off_amount,
        cast(greatest(report_date - due_date, 0) as integer) as days_overdue,
        report_date,
        invoice_date,
        due_date
    from converted_amounts
    where is_issued or open_amount <> 0 or written_off_amount <> 0

)

select * from final
