-- One row per feature released in a fiscal month whose first 30 days are over, with its
-- product line.
with

releases as (

    select
        feature_name,
        sku,
        released_date,
        users,
        customers_using,
        customers_holding
    from {{ ref('fct_feature_releases') }}
    where is_window_over

),

kpi_months as (

    select month
    from {{ ref('kpi_months') }}
    where period_grain = 'month'

),

products as (

    select
        sku,
        product_line
    from {{ ref('dim_products') }}

),

final as (

    select
        releases.feature_name,
        releases.sku,
        products.product_line,
        releases.released_date,
        releases.users,
        releases.customers_using,
        releases.customers_holding
    from releases
    inner join kpi_months
        on cast(date_trunc('month', releases.released_date) as date) = kpi_months.month
    left join products
        on releases.sku = products.sku

)

select * from final
