-- One row per term that has nothing left to renew: the day of the last notice or
-- reduction by which its CMRR went.
with

lines as (

    select
        contract_id,
        reporting_mrr,
        signed_date,
        left_until_date
    from {{ ref('int_renewal_lines_dated') }}
    where reporting_mrr <> 0

),

changes as (

    select
        contract_id,
        signed_date as change_date,
        reporting_mrr as amount,
        reporting_mrr > 0 as is_purchase
    from lines

    union all

    select
        contract_id,
        left_until_date as change_date,
        -reporting_mrr as amount,
        false as is_purchase
    from lines
    where left_until_date is not null

),

days as (

    select
        contract_id,
        change_date,
        bool_or(is_purchase) as has_purchase,
        sum(sum(amount)) over contract_to_date as left_cmrr,
        row_number()
            over (partition by contract_id order by change_date desc)
            as days_to_last
    from changes
    group by contract_id, change_date
    window
        contract_to_date as (
            partition by contract_id
            order by change_date
            rows between unbounded preceding and current row
        )

),

days_with_past as (

    select
        *,
        lag(left_cmrr, 1, 0) over (partition by contract_id order by change_date)
            as earlier_left_cmrr
    from days

),

final as (

    select
        contract_id,
        max(change_date) filter (
            where left_cmrr <= 0 and (earlier_left_cmrr > 0 or has_purchase)
        ) as lost_date
    from days_with_past
    group by contract_id
    having max(left_cmrr) filter (where days_to_last = 1) <= 0

)

select
    contract_id,
    lost_date
from final
where lost_date is not null
