-- One row per finished month with recurring revenue or its cost, company-wide.
-- The ledger books cost to no customer, so there is no gross margin of a segment.
with

account_months as (

    select
        month,
        account_class,
        credit_amount - debit_amount as amount
    from {{ ref('fct_ledger_account_months') }}
    where account_class in ('recurring_revenue', 'cost_of_recurring')

),

months as (

    select
        month,
        coalesce(sum(amount) filter (where account_class = 'recurring_revenue'), 0)
            as recurring_revenue,
        -coalesce(sum(amount) filter (where account_class = 'cost_of_recurring'), 0)
            as cost_of_recurring
    from account_months
    group by month

),

final as (

    select
        month,
        cast(recurring_revenue as decimal(18, 2)) as recurring_revenue,
        cast(cost_of_recurring as decimal(18, 2)) as cost_of_recurring,
        cast(recurring_revenue - cost_of_recurring as decimal(18, 2)) as gross_margin,
        {{ ratio('recurring_revenue - cost_of_recurring', 'recurring_revenue') }}
            as gross_margin_rate
    from months

)

select * from final
