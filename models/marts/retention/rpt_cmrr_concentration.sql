-- One row per month with CMRR at its end: how few customers make most of it.
-- Customers are taken from the largest down, ties by id.
with

customer_months as (

    select
        period_start as month,
        customer_id,
        ending_cmrr
    from {{ ref('fct_cmrr_customer_periods') }}
    where period_grain = 'month' and ending_cmrr > 0

),

ranked_customers as (

    select
        month,
        ending_cmrr,
        row_number() over largest_first as customer_rank,
        sum(ending_cmrr) over (partition by month) as month_cmrr,
        sum(ending_cmrr) over largest_first - ending_cmrr as larger_cmrr
    from customer_months
    window
        largest_first as (
            partition by month
            order by ending_cmrr desc, customer_id asc
            rows between unbounded preceding and current row
        )

),

months as (

    select
        month,
        count(*) as customers,
        max(month_cmrr) as cmrr,
        count(*) filter (where larger_cmrr < 0.80 * month_cmrr)
            as customers_for_80_percent,
        sum(ending_cmrr) filter (where customer_rank = 1) as largest_customer_cmrr,
        sum(ending_cmrr) filter (where customer_rank <= 10) as ten_largest_cmrr
    from ranked_customers
    group by month

),

final as (

    select
        month,
        cast(customers as integer) as customers,
        cast(customers_for_80_percent as integer) as customers_for_80_percent,
        cast(cmrr as decimal(18, 2)) as cmrr,
        cast(largest_customer_cmrr as decimal(18, 2)) as largest_customer_cmrr,
        cast(ten_largest_cmrr as decimal(18, 2)) as ten_largest_cmrr,
        {{ ratio('customers_for_80_percent', 'customers') }}
            as share_of_customers_for_80_percent,
        {{ ratio('largest_customer_cmrr', 'cmrr') }} as largest_customer_share,
        {{ ratio('ten_largest_cmrr', 'cmrr') }} as ten_largest_share
    from months

)

select * from final
