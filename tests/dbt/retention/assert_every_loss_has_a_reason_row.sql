-- Every losing movement is one row of fct_cmrr_losses, with its amount and its reason,
-- whether the seed knows the reason or not: a reason from a new picklist must be seen.
with

movements as (

    select
        movement_id,
        amount,
        reason_code
    from {{ ref('fct_cmrr_movements') }}
    where
        movement_type in ('downgrade', 'cancellation')
        or (movement_type = 'archive' and amount < 0)

)

select
    movements.movement_id as expected_movement_id,
    losses.movement_id,
    losses.reason_code,
    losses.reason_label
from movements
full join {{ ref('fct_cmrr_losses') }} as losses
    on movements.movement_id = losses.movement_id
where
    movements.movement_id is null
    or losses.movement_id is null
    or losses.lost_cmrr <> -movements.amount
    or losses.reason_code <> movements.reason_code
    or (not losses.is_reason_in_seed and losses.reason_label <> losses.reason_code)
