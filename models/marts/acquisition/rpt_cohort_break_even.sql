-- One row per cohort (fiscal quarter of the first CMRR) and year of its life.
-- Year 1 is the twelve months that begin with the cohort's quarter.
with

quarters as (

    select
        period_start as cohort_start,
        sales_and_marketing_cost,
        new_logos
    from {{ ref('fct_acquisition_periods') }}
    where period_grain = 'quarter' and new_logos > 0

),

margin_months as (

    select
        period_start as month,
        recurring_revenue,
        gross_margin
    from {{ ref('fct_acquisition_periods') }}
    where period_grain = 'month' and gross_margin is not null

),

fiscal_months as (

    select
        month,
        fiscal_quarter_start
    from {{ ref('dim_fiscal_months') }}

),

first_days as (

    select
        customer_id,
        cast(date_trunc('month', min(movement_date)) as date) as month
    from {{ ref('fct_cmrr_movements') }}
    where is_new_logo
    group by customer_id

),

cohort_revenue as (

    select
        fiscal_months.fiscal_quarter_start as cohort_start,
        cmrr_months.month,
        sum(cmrr_months.recognised_mrr) as recognised_mrr
    from {{ ref('fct_cmrr_months') }} as cmrr_months
    inner join first_days
        on cmrr_months.customer_id = first_days.customer_id
    inner join fiscal_months
        on first_days.month = fiscal_months.month
    group by fiscal_months.fiscal_quarter_start, cmrr_months.month

),

cohort_months as (

    select
        quarters.cohort_start,
        quarters.sales_and_marketing_cost,
        quarters.new_logos,
        1 + cast(
            floor(
                {{ full_months('quarters.cohort_start', 'margin_months.month') }} / 12
            ) as integer
        ) as year_number,
        {{ divide_money(
            'coalesce(cohort_revenue.recognised_mrr, 0)',
            whole_number('margin_months.gross_margin', 2),
            whole_number('margin_months.recurring_revenue', 2)
        ) }} as gross_margin
    from quarters
    inner join margin_months
        on quarters.cohort_start <= margin_months.month
    left join cohort_revenue
        on
            quarters.cohort_start = cohort_revenue.cohort_start
            and margin_months.month = cohort_revenue.month

),

cohort_years as (

    select
        cohort_start,
        year_number,
        max(new_logos) as new_logos,
        max(sales_and_marketing_cost) as sales_and_marketing_cost,
        sum(gross_margin) as gross_margin,
        sum(sum(gross_margin)) over (
            partition by cohort_start
            order by year_number
            rows between unbounded preceding and current row
        ) as cumulative_gross_margin,
        count(*) = 12 as is_complete
    from cohort_months
    group by cohort_start, year_number

),

cohort_years_above_zero as (

    select
        *,
        cumulative_gross_margin > sales_and_marketing_cost as is_above_zero
    from cohort_years

),

final as (

    select
        cohort_start,
        year_number,
        new_logos,
        sales_and_marketing_cost as acquisition_cost,
        cast(gross_margin as decimal(18, 2)) as gross_margin,
        cast(cumulative_gross_margin as decimal(18, 2)) as cumulative_gross_margin,
        cast(cumulative_gross_margin - sales_and_marketing_cost as decimal(18, 2))
            as net_amount,
        min(case when is_above_zero then year_number end)
            over (partition by cohort_start)
            as break_even_years,
        is_above_zero,
        is_complete
    from cohort_years_above_zero

)

select * from final
