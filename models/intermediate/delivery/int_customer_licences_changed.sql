-- One row per customer and day on which the number of its licences changed. A licence
-- is a unit of a seat SKU, from its first day of service to its last, or held over.
with

holdings as (

    select
        customer_id,
        quantity,
        from_date,
        to_date
    from {{ ref('int_sku_holdings') }}
    where is_licensed

),

edges as (

    select
        customer_id,
        quantity,
        from_date as change_date
    from holdings

    union all

    select
        customer_id,
        -quantity as quantity,
        to_date as change_date
    from holdings

),

changes as (

    select
        customer_id,
        change_date,
        sum(quantity) as licence_change
    from edges
    where change_date <= {{ as_of_date() }}
    group by customer_id, change_date
    having sum(quantity) <> 0

),

final as (

    select
        customer_id,
        change_date,
        cast(licence_change as decimal(18, 2)) as licence_change,
        cast(
            sum(licence_change) over (
                partition by customer_id
                order by change_date
                rows between unbounded preceding and current row
            ) as decimal(18, 2)
        ) as licences
    from changes

)

select * from final
