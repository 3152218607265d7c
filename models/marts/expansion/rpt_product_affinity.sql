-- One row per month and ordered pair of SKUs that were both held at the month's end.
-- attach_rate: of the customers of sku, the share that also holds other_sku.
with

products as (

    select sku
    from {{ ref('dim_products') }}
    where not is_archive

),

holdings as (

    select
        cmrr_months.month,
        cmrr_months.customer_id,
        cmrr_months.sku
    from {{ ref('fct_cmrr_months') }} as cmrr_months
    inner join products
        on cmrr_months.sku = products.sku
    group by cmrr_months.month, cmrr_months.customer_id, cmrr_months.sku
    having sum(cmrr_months.cmrr) > 0

),

sku_counts as (

    select
        month,
        sku,
        count(*) as holders
    from holdings
    group by month, sku

),

customer_counts as (

    select
        month,
        count(distinct customer_id) as customers
    from holdings
    group by month

),

pair_counts as (

    select
        holdings.month,
        holdings.sku,
        other_holdings.sku as other_sku,
        count(*) as holders_of_both
    from holdings
    inner join holdings as other_holdings
        on
            holdings.month = other_holdings.month
            and holdings.customer_id = other_holdings.customer_id
            and holdings.sku <> other_holdings.sku
    group by holdings.month, holdings.sku, other_holdings.sku

),

pairs as (

    select
        sku_counts.month,
        sku_counts.sku,
        other_counts.sku as other_sku,
        customer_counts.customers,
        sku_counts.holders,
        other_counts.holders as other_holders,
        coalesce(pair_counts.holders_of_both, 0) as holders_of_both
    from sku_counts
    inner join sku_counts as other_counts
        on
            sku_counts.month = other_counts.month
            and sku_counts.sku <> other_counts.sku
    inner join customer_counts
        on sku_counts.month = customer_counts.month
    left join pair_counts
        on
            sku_counts.month = pair_counts.month
            and sku_counts.sku = pair_counts.sku
            and other_counts.sku = pair_counts.other_sku

),

final as (

    select
        month,
        sku,
        other_sku,
        cast(customers as integer) as customers,
        cast(holders as integer) as holders,
        cast(other_holders as integer) as other_holders,
        cast(holders_of_both as integer) as holders_of_both,
        {{ ratio('holders_of_both', 'holders') }} as attach_rate,
        {{ ratio('holders_of_both * customers', 'holders * other_holders') }} as lift
    from pairs

)

select * from final
