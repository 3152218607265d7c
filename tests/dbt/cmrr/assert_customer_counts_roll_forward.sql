-- Beginning + new + reactivated - lost = ending customers in every period, and the
-- ending is the number of customers with CMRR by level. A logo marked twice on its way
-- out, or never on its way in, would bend logo retention and leave all money right.
with

customer_levels as (

    select
        month,
        customer_id
    from {{ ref('fct_cmrr_months') }}
    group by month, customer_id
    having sum(cmrr) > 0

),

customers_by_month as (

    select
        month,
        count(*) as customers
    from customer_levels
    group by month

),

periods as (

    select
        period_grain,
        period_start,
        cast(
            date_trunc('month', least(period_end, {{ as_of_date() }})) as date
        ) as last_month,
        beginning_customers
        + new_customers
        + reactivated_customers
        - lost_customers as rolled_customers,
        ending_customers
    from {{ ref('rpt_cmrr_rates') }}

)

select
    periods.period_grain,
    periods.period_start,
    periods.rolled_customers,
    periods.ending_customers,
    customers_by_month.customers as customers_by_level
from periods
left join customers_by_month
    on periods.last_month = customers_by_month.month
where
    periods.rolled_customers <> periods.ending_customers
    or periods.ending_customers <> coalesce(customers_by_month.customers, 0)
