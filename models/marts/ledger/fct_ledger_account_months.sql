-- One row per ledger account and finished month from its first posting on.
-- Amounts may be summed over accounts of a class; balances not over months.
with

accounts as (

    select
        account_number,
        account_name,
        account_class
    from {{ ref('stg_ledger__gl_accounts') }}

),

postings_by_month as (

    select
        account_number,
        cast(date_trunc('month', posting_date) as date) as month,
        sum(debit_amount) as debit_amount,
        sum(credit_amount) as credit_amount
    from {{ ref('stg_ledger__journal_lines') }}
    group by account_number, month

),

finished_months as (

    select month
    from {{ ref('int_ledger_months') }}
    where is_finished

),

spells as (

    select
        *,
        sum(credit_amount - debit_amount) over (
            partition by account_number
            order by month
            rows between unbounded preceding and current row
        ) as credit_balance,
        lead(month) over (partition by account_number order by month) as next_month
    from postings_by_month

),

final as (

    select
        finished_months.month,
        spells.account_number,
        accounts.account_name,
        accounts.account_class,
        cast(
            case
                when finished_months.month = spells.month then spells.debit_amount
                else 0
            end as decimal(18, 2)
        ) as debit_amount,
        cast(
            case
                when finished_months.month = spells.month then spells.credit_amount
                else 0
            end as decimal(18, 2)
        ) as credit_amount,
        cast(spells.credit_balance as decimal(18, 2)) as credit_balance
    from spells
    inner join finished_months
        on
            spells.month <= finished_months.month
            and coalesce(spells.next_month, cast('9999-12-31' as date))
            > finished_months.month
    inner join accounts
        on spells.account_number = accounts.account_number

)

select * from final
