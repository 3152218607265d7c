-- One row per customer and day on which the number of its licences changed. A licence
-- is a unit of a seat SKU, from its first day of service to its last, or held over.
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

),

seat_skus as (

    select sku
    from {{ ref('stg_billing__products') }}
    where unit_of_measure = 'seat'

),

seat_lines as (

    select commitments.*
    from commitments
    inner join seat_skus
        on commitments.sku = seat_skus.sku

),

spells as (

    select
        customer_id,
        quantity,
        service_start_date as from_date,
        service_over_date as to_date
    from seat_lines

    union all

    select
        customer_id,
        quantity,
        greatest(commit_start_date, service_over_date) as from_date,
        commit_end_date as to_date
    from seat_lines

),

edges as (

    select
        customer_id,
        quantity,
        from_date as change_date
    from spells
    where from_date < to_date

    union all

    select
        customer_id,
        -quantity as quantity,
        to_date as change_date
    from spells
    where from_date < to_date

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
