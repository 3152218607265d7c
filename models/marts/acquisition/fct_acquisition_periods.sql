-- One row per month, fiscal quarter and fiscal year that began by the as-of date.
-- An amount of the ledger is null until every month of the period has its cost posted.
with

fiscal_months as (

    select
        month,
        month_end_date,
        fiscal_quarter_start,
        fiscal_year_start
    from {{ ref('dim_fiscal_months') }}

),

months_in_periods as (

    select
        'month' as period_grain,
        1 as months_in_period,
        month as period_start,
        month,
        month_end_date
    from fiscal_months

    union all

    select
        'quarter' as period_grain,
        3 as months_in_period,
        fiscal_quarter_start as period_start,
        month,
        month_end_date
    from fiscal_months

    union all

    select
        'year' as period_grain,
        12 as months_in_period,
        fiscal_year_start as period_start,
        month,
        month_end_date
    from fiscal_months

),

ledger_months as (

    select
        month,
        account_class,
        sum(debit_amount - credit_amount) as cost,
        bool_or(debit_amount <> 0 or credit_amount <> 0) as is_posted
    from {{ ref('fct_ledger_account_months') }}
    where
        account_class
        in ('sales_and_marketing', 'recurring_revenue', 'cost_of_recurring')
    group by month, account_class

),

costs as (

    select
        month,
        sum(cost) filter (where account_class = 'sales_and_marketing' and is_posted)
            as sales_and_marketing_cost,
        sum(cost) filter (where account_class = 'cost_of_recurring' and is_posted)
            as cost_of_recurring,
        -coalesce(sum(cost) filter (where account_class = 'recurring_revenue'), 0)
            as recurring_revenue
    from ledger_months
    group by month

),

sales as (

    select
        cast(date_trunc('month', movement_date) as date) as month,
        count(distinct case when is_new_logo then customer_id end) as new_logos,
        sum(case when movement_type = 'new' then amount else 0 end) as new_cmrr,
        sum(case when movement_type = 'add_on' then amount else 0 end) as add_on_cmrr
    from {{ ref('fct_cmrr_movements') }}
    group by month

),

periods as (

    select
        periods.period_grain,
        periods.period_start,
        max(periods.month_end_date) as period_end,
        count(costs.sales_and_marketing_cost) = max(periods.months_in_period)
            as has_sales_cost,
        count(costs.cost_of_recurring) = max(periods.months_in_period) as has_margin,
        sum(costs.sales_and_marketing_cost) as sales_and_marketing_cost,
        sum(costs.recurring_revenue) as recurring_revenue,
        sum(costs.cost_of_recurring) as cost_of_recurring,
        coalesce(sum(sales.new_logos), 0) as new_logos,
        coalesce(sum(sales.new_cmrr), 0) as new_cmrr,
        coalesce(sum(sales.add_on_cmrr), 0) as add_on_cmrr
    from months_in_periods as periods
    left join costs
        on periods.month = costs.month
    left join sales
        on periods.month = sales.month
    where periods.period_start <= {{ as_of_date() }}
    group by periods.period_grain, periods.period_start

),

final as (

    select
        period_grain,
        period_start,
        period_end,
        cast(
            case when has_sales_cost then sales_and_marketing_cost end as decimal(18, 2)
        ) as sales_and_marketing_cost,
        cast(
            case when has_margin then recurring_revenue end as decimal(18, 2)
        ) as recurring_revenue,
        cast(
            case when has_margin then recurring_revenue - cost_of_recurring end
            as decimal(18, 2)
        ) as gross_margin,
        cast(new_logos as integer) as new_logos,
        cast(new_cmrr as decimal(18, 2)) as new_cmrr,
        cast(add_on_cmrr as decimal(18, 2)) as add_on_cmrr,
        period_end <= {{ as_of_date() }} as is_complete
    from periods

)

select * from final
