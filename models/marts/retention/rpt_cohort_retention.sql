-- One row per fiscal quarter of first signature and age in quarters, to the as-of date.
-- Age 0 is the quarter of signature; its end is the base of the rates.
with

customers as (

    select
        customer_id,
        cast(date_trunc('month', first_signed_date) as date) as signed_month
    from {{ ref('dim_customers') }}

),

fiscal_months as (

    select
        month,
        fiscal_quarter_start
    from {{ ref('dim_fiscal_months') }}

),

quarters as (

    select fiscal_quarter_start as quarter_start
    from fiscal_months
    where month <= {{ as_of_date() }}
    group by fiscal_quarter_start

),

customer_quarters as (

    select
        period_start as quarter_start,
        customer_id,
        ending_cmrr
    from {{ ref('fct_cmrr_customer_periods') }}
    where period_grain = 'quarter'

),

cohort_members as (

    select
        customers.customer_id,
        fiscal_months.fiscal_quarter_start as cohort_quarter_start,
        greatest(coalesce(customer_quarters.ending_cmrr, 0), 0) as base_cmrr
    from customers
    inner join fiscal_months
        on customers.signed_month = fiscal_months.month
    left join customer_quarters
        on
            customers.customer_id = customer_quarters.customer_id
            and fiscal_months.fiscal_quarter_start = customer_quarters.quarter_start

),

member_quarters as (

    select
        cohort_members.cohort_quarter_start,
        cohort_members.base_cmrr,
        quarters.quarter_start,
        coalesce(customer_quarters.ending_cmrr, 0) as cmrr
    from cohort_members
    inner join quarters
        on cohort_members.cohort_quarter_start <= quarters.quarter_start
    left join customer_quarters
        on
            cohort_members.customer_id = customer_quarters.customer_id
            and quarters.quarter_start = customer_quarters.quarter_start

),

cohorts as (

    select
        cohort_quarter_start,
        quarter_start,
        count(*) as cohort_customers,
        count(*) filter (where base_cmrr > 0) as base_customers,
        count(*) filter (where base_cmrr > 0 and cmrr > 0) as kept_customers,
        sum(base_cmrr) as base_cmrr,
        sum(cmrr) as cmrr,
        sum(least(base_cmrr, greatest(cmrr, 0))) as kept_cmrr,
        coalesce(sum(greatest(cmrr, 0)) filter (where base_cmrr > 0), 0)
            as base_customers_cmrr
    from member_quarters
    group by cohort_quarter_start, quarter_start

),

final as (

    select
        cohort_quarter_start,
        quarter_start,
        cast(
            {{ full_months('cohort_quarter_start', 'quarter_start') }} / 3 as integer
        ) as age_in_quarters,
        cast(cohort_customers as integer) as cohort_customers,
        cast(base_customers as integer) as base_customers,
        cast(kept_customers as integer) as kept_customers,
        cast(base_cmrr as decimal(18, 2)) as base_cmrr,
        cast(kept_cmrr as decimal(18, 2)) as kept_cmrr,
        cast(base_customers_cmrr as decimal(18, 2)) as base_customers_cmrr,
        cast(cmrr as decimal(18, 2)) as cmrr,
        {{ ratio('kept_customers', 'base_customers') }} as customer_retention,
        {{ ratio('kept_cmrr', 'base_cmrr') }} as gross_cmrr_retention,
        {{ ratio('base_customers_cmrr', 'base_cmrr') }} as net_cmrr_retention
    from cohorts

)

select * from final
