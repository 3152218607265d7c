-- The walk of the company is the sum of the walks of its customers, step by step, and
-- begins at the CMRR of fct_cmrr_months and ends at the ledger's own account balance.
with

customers as (

    select
        month,
        step_number,
        sum(coalesce(amount, running_level)) as amount
    from {{ ref('rpt_cmrr_to_ledger') }}
    where not is_total
    group by month, step_number

),

totals as (

    select
        month,
        step_number,
        step,
        coalesce(amount, running_level) as amount
    from {{ ref('rpt_cmrr_to_ledger') }}
    where is_total

),

outer_levels as (

    select
        month,
        'cmrr' as step,
        sum(cmrr) as amount
    from {{ ref('fct_cmrr_months') }}
    group by month

    union all

    select
        month,
        'ledger_revenue' as step,
        sum(credit_amount - debit_amount) as amount
    from {{ ref('fct_ledger_account_months') }}
    where account_class = 'recurring_revenue'
    group by month

)

select
    totals.month,
    totals.step,
    totals.amount,
    customers.amount as amount_of_customers,
    outer_levels.amount as amount_of_facts
from totals
left join customers
    on
        totals.month = customers.month
        and totals.step_number = customers.step_number
left join outer_levels
    on
        totals.month = outer_levels.month
        and totals.step = outer_levels.step
where
    totals.amount <> coalesce(customers.amount, 0)
    or totals.amount <> coalesce(outer_levels.amount, totals.amount)
