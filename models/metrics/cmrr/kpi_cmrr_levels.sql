-- One row per period, customer and product line with CMRR or recognised MRR at its end;
-- days in total only.
with

fiscal_months as (

    select
        period_grain,
        period_start,
        month
    from {{ ref('kpi_months') }}
    where is_last_month

),

cmrr_months as (

    select
        month,
        customer_id,
        sku,
        cmrr,
        recognised_mrr
    from {{ ref('fct_cmrr_months') }}

),

products as (

    select
        sku,
        product_line
    from {{ ref('dim_products') }}

),

movements as (

    select
        movement_date,
        amount
    from {{ ref('fct_cmrr_movements') }}

),

days as (

    select date_day
    from {{ ref('metricflow_time_spine') }}
    where date_day <= {{ as_of_date() }}

),

moved_days as (

    select
        days.date_day,
        coalesce(sum(movements.amount), 0) as moved
    from days
    left join movements
        on days.date_day = movements.movement_date
    group by days.date_day

),

final as (

    select
        'day' as period_grain,
        date_day as period_start,
        cast(null as varchar) as customer_id,
        cast(null as varchar) as product_line,
        cast(sum(moved) over (order by date_day) as decimal(18, 2)) as cmrr,
        cast(null as decimal(18, 2)) as recognised_mrr
    from moved_days

    union all

    select
        fiscal_months.period_grain,
        fiscal_months.period_start,
        cmrr_months.customer_id,
        products.product_line,
        cast(sum(cmrr_months.cmrr) as decimal(18, 2)) as cmrr,
        cast(sum(cmrr_months.recognised_mrr) as decimal(18, 2)) as recognised_mrr
    from fiscal_months
    inner join cmrr_months
        on fiscal_months.month = cmrr_months.month
    inner join products
        on cmrr_months.sku = products.sku
    group by
        fiscal_months.period_grain,
        fiscal_months.period_start,
        cmrr_months.customer_id,
        products.product_line

)

select * from final
