-- One row per customer and spell of days on which its CMRR stayed the same, half open.
-- Days before its first CMRR are in no spell; the last spell has no end.
with

customer_days as (

    select
        customer_id,
        change_date,
        max(customer_cmrr) as customer_cmrr
    from {{ ref('int_cmrr_change_points') }}
    group by customer_id, change_date

),

final as (

    select
        customer_id,
        change_date as from_date,
        lead(change_date) over (partition by customer_id order by change_date)
            as to_date,
        cast(customer_cmrr as decimal(18, 2)) as cmrr
    from customer_days

)

select * from final
