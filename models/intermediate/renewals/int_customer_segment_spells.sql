-- One row per customer and stretch of days, half open, in which its CMRR stayed the
-- same, with the segment that it made. Before its first stretch a customer has none.
with

customer_days as (

    select
        customer_id,
        change_date,
        max(customer_cmrr) as cmrr
    from {{ ref('int_cmrr_change_points') }}
    group by customer_id, change_date

),

spells as (

    select
        customer_id,
        change_date as from_date,
        lead(change_date) over (partition by customer_id order by change_date)
            as to_date,
        cmrr
    from customer_days

),

customer_segments as (

    select
        segment,
        minimum_annual_cmrr,
        lead(minimum_annual_cmrr) over (order by minimum_annual_cmrr)
            as next_minimum_annual_cmrr
    from {{ ref('customer_segments') }}

),

final as (

    select
        spells.customer_id,
        spells.from_date,
        spells.to_date,
        cast(spells.cmrr as decimal(18, 2)) as cmrr,
        customer_segments.segment
    from spells
    inner join customer_segments
        on
            12 * greatest(spells.cmrr, 0) >= customer_segments.minimum_annual_cmrr
            and (
                12 * greatest(spells.cmrr, 0)
                < customer_segments.next_minimum_annual_cmrr
                or customer_segments.next_minimum_annual_cmrr is null
            )

)

select * from final
