-- The reconciliation holds all recurring revenue of the ledger, month by month, as
-- posted. A line of an unknown customer or SKU that fell out of a join would be missed.
with

revenue_accounts as (

    select account_number
    from {{ ref('stg_ledger__gl_accounts') }}
    where account_class = 'recurring_revenue'

),

posted as (

    select
        cast(date_trunc('month', journal_lines.posting_date) as date) as month,
        sum(journal_lines.credit_amount - journal_lines.debit_amount) as ledger_revenue
    from {{ ref('stg_ledger__journal_lines') }} as journal_lines
    inner join revenue_accounts
        on journal_lines.account_number = revenue_accounts.account_number
    group by cast(date_trunc('month', journal_lines.posting_date) as date)

),

finished as (

    select
        month,
        ledger_revenue
    from posted
    where
        {{ add_days('cast(month + interval 1 month as date)', -1) }}
        <= {{ as_of_date() }}

),

reconciled as (

    select
        month,
        sum(ledger_revenue) as ledger_revenue
    from {{ ref('fct_ledger_reconciliation') }}
    group by month

)

select
    coalesce(finished.month, reconciled.month) as month,
    finished.ledger_revenue as posted_revenue,
    reconciled.ledger_revenue as reconciled_revenue
from finished
full join reconciled
    on finished.month = reconciled.month
where coalesce(finished.ledger_revenue, 0) <> coalesce(reconciled.ledger_revenue, 0)
