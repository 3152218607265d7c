-- One row per customer, recurring SKU and stretch of days with one quantity of it, in
-- service or held over. Half open; never add quantities of different days.
with

commitments as (

    select
        customer_id,
        sku,
        quantity,
        commit_start_date,
        commit_end_date,
        service_start_date,
        greatest(service_over_date, service_start_date) as service_over_date
    from {{ ref('int_line_commitments') }}
    where quantity <> 0

),

products as (

    select
        sku,
        unit_of_measure
    from {{ ref('stg_billing__products') }}

),

spells as (

    select
        customer_id,
        sku,
        quantity,
        service_start_date as from_date,
        service_over_date as to_date
    from commitments

    union all

    select
        customer_id,
        sku,
        quantity,
        greatest(commit_start_date, service_over_date) as from_date,
        commit_end_date as to_date
    from commitments

),

edges as (

    select
        customer_id,
        sku,
        quantity,
        from_date as change_date
    from spells
    where from_date < to_date

    union all

    select
        customer_id,
        sku,
        -quantity as quantity,
        to_date as change_date
    from spells
    where from_date < to_date

),

changes as (

    select
        customer_id,
        sku,
        change_date,
        sum(quantity) as quantity
    from edges
    where change_date <= {{ as_of_date() }}
    group by customer_id, sku, change_date
    having sum(quantity) <> 0

),

levels as (

    select
        customer_id,
        sku,
        change_date as from_date,
        coalesce(
            lead(change_date) over (partition by customer_id, sku order by change_date),
            {{ add_days(as_of_date(), 1) }}
        ) as to_date,
        sum(quantity) over (
            partition by customer_id, sku
            order by change_date
            rows between unbounded preceding and current row
        ) as quantity
    from changes

),

final as (

    select
        levels.customer_id,
        levels.sku,
        levels.from_date,
        levels.to_date,
        cast(levels.quantity as decimal(18, 4)) as quantity,
        products.unit_of_measure = 'seat' as is_licensed
    from levels
    inner join products on levels.sku = products.sku
    where levels.quantity > 0

)

select * from final
