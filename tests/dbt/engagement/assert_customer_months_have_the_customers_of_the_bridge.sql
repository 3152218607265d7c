-- The base of every share of customers is the customers with CMRR at the month's end;
-- a month with other ones would set the share against the wrong number.
with

bases as (

    select
        rates.period_start as month,
        rates.ending_customers,
        (
            select count(*)
            from {{ ref('fct_sponsor_coverage') }} as coverage
            where coverage.month = rates.period_start
        ) as covered_customers,
        (
            select count(*)
            from {{ ref('fct_customer_engagement_months') }} as engagement
            where engagement.month = rates.period_start
        ) as engaged_customers
    from {{ ref('rpt_cmrr_rates') }} as rates
    where rates.period_grain = 'month'

)

select *
from bases
where
    ending_customers <> covered_customers
    or ending_customers <> engaged_customers
