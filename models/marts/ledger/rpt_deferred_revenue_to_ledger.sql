-- One row per finished month: deferred revenue of the contracts beside the ledger's.
-- A difference is of revenue posted otherwise than expected, or of invoices (the rest).
with

contract_months as (

    select
        month,
        sum(invoiced) as invoiced,
        sum(recognised) as recognised,
        sum(closing_deferred) as closing_deferred
    from {{ ref('fct_deferred_revenue') }}
    group by month

),

ledger_months as (

    select
        month,
        sum(credit_amount - debit_amount) as ledger_change,
        sum(credit_balance) as ledger_balance
    from {{ ref('fct_ledger_account_months') }}
    where account_class = 'deferred_revenue'
    group by month

),

revenue_months as (

    select
        month,
        sum(timing + unexplained) as revenue_posted_otherwise
    from {{ ref('fct_ledger_reconciliation') }}
    group by month

),

months as (

    select
        coalesce(contract_months.month, ledger_months.month) as month,
        coalesce(contract_months.invoiced, 0) as invoiced,
        coalesce(contract_months.recognised, 0) as recognised,
        coalesce(contract_months.closing_deferred, 0) as closing_deferred,
        coalesce(ledger_months.ledger_change, 0) as ledger_change,
        coalesce(ledger_months.ledger_balance, 0) as ledger_balance
    from contract_months
    full join ledger_months
        on contract_months.month = ledger_months.month

),

months_with_revenue as (

    select
        months.*,
        -sum(coalesce(revenue_months.revenue_posted_otherwise, 0)) over (
            order by months.month
            rows between unbounded preceding and current row
        ) as revenue_difference
    from months
    left join revenue_months
        on months.month = revenue_months.month

),

final as (

    select
        month,
        cast(closing_deferred - invoiced + recognised as decimal(18, 2))
            as opening_deferred,
        cast(invoiced as decimal(18, 2)) as invoiced,
        cast(recognised as decimal(18, 2)) as recognised,
        cast(closing_deferred as decimal(18, 2)) as closing_deferred,
        cast(ledger_balance - ledger_change as decimal(18, 2))
            as ledger_opening_deferred,
        cast(ledger_change as decimal(18, 2)) as ledger_change,
        cast(ledger_balance as decimal(18, 2)) as ledger_closing_deferred,
        cast(ledger_balance - closing_deferred as decimal(18, 2)) as difference,
        cast(revenue_difference as decimal(18, 2)) as revenue_difference,
        cast(ledger_balance - closing_deferred - revenue_difference as decimal(18, 2))
            as invoice_difference
    from months_with_revenue

)

select * from final
