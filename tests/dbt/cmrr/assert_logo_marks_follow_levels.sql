-- All movements of a customer's day are marked alike, new where its CMRR rises from
-- nothing for the first time, lost where it falls to nothing. Both are judged by the
-- end of the day; a mark by the single movement would count a renewal in two steps as
-- a loss.
with

customer_days as (

    select
        customer_id,
        movement_date,
        bool_or(is_new_logo) as is_any_new,
        bool_and(is_new_logo) as is_all_new,
        bool_or(is_lost_logo) as is_any_lost,
        bool_and(is_lost_logo) as is_all_lost,
        sum(sum(amount)) over (
            partition by customer_id order by movement_date
        ) as cmrr
    from {{ ref('fct_cmrr_movements') }}
    group by customer_id, movement_date

),

customer_days_with_past as (

    select
        *,
        coalesce(
            lag(cmrr) over (partition by customer_id order by movement_date), 0
        ) as cmrr_before,
        coalesce(
            max(cmrr) over (
                partition by customer_id
                order by movement_date
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as highest_cmrr_before
    from customer_days

)

select
    customer_id,
    movement_date,
    cmrr_before,
    cmrr,
    is_any_new,
    is_all_new,
    is_any_lost,
    is_all_lost
from customer_days_with_past
where
    is_any_new <> is_all_new
    or is_any_lost <> is_all_lost
    or is_any_new <> (cmrr > 0 and highest_cmrr_before <= 0)
    or is_any_lost <> (cmrr <= 0 and cmrr_before > 0)
