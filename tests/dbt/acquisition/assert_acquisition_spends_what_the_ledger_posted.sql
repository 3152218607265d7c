-- Sales and marketing cost of all months together is what the ledger posted up to the
-- last finished month. A month dropped for want of a posting would make customers look
-- cheap.
with

ledger as (

    select sum(debit_amount - credit_amount) as cost
    from {{ ref('fct_ledger_account_months') }}
    where account_class = 'sales_and_marketing'

),

periods as (

    select sum(sales_and_marketing_cost) as cost
    from {{ ref('fct_acquisition_periods') }}
    where period_grain = 'month'

)

select
    ledger.cost as ledger_cost,
    periods.cost
from ledger
cross join periods
where coalesce(ledger.cost, 0) <> coalesce(periods.cost, 0)
