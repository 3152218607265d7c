-- Postings of finished months are all there, account by account, and the last balance
-- of an account is the sum of what was ever posted to it.
with

posted as (

    select
        account_number,
        sum(debit_amount) as debit_amount,
        sum(credit_amount) as credit_amount
    from {{ ref('stg_ledger__journal_lines') }}
    where
        posting_date
        < cast(date_trunc('month', {{ add_days(as_of_date(), 1) }}) as date)
    group by account_number

),

account_months as (

    select
        account_number,
        sum(debit_amount) as debit_amount,
        sum(credit_amount) as credit_amount,
        max(month) as last_month
    from {{ ref('fct_ledger_account_months') }}
    group by account_number

)

select
    posted.account_number,
    posted.debit_amount,
    posted.credit_amount,
    last_months.credit_balance
from posted
left join account_months
    on posted.account_number = account_months.account_number
left join {{ ref('fct_ledger_account_months') }} as last_months
    on
        account_months.account_number = last_months.account_number
        and account_months.last_month = last_months.month
where
    account_months.account_number is null
    or posted.debit_amount <> account_months.debit_amount
    or posted.credit_amount <> account_months.credit_amount
    or posted.credit_amount - posted.debit_amount <> last_months.credit_balance
