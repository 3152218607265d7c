-- A downgrade, a cancellation and what an archive loses have a reason and the churn
-- type of the seed; nothing else has either. Reason coverage counts rows with a
-- reason, so a gain that carried one would make it look better than it is.
with

movements as (

    select
        movement_id,
        movement_type,
        amount,
        reason_code,
        change_comment,
        churn_type,
        movement_type in ('downgrade', 'cancellation')
        or (movement_type = 'archive' and amount < 0) as is_loss
    from {{ ref('fct_cmrr_movements') }}

),

churn_reasons as (

    select
        reason_code,
        churn_type
    from {{ ref('churn_reasons') }}

)

select
    movements.movement_id,
    movements.movement_type,
    movements.amount,
    movements.reason_code,
    movements.change_comment,
    movements.churn_type
from movements
left join churn_reasons
    on movements.reason_code = churn_reasons.reason_code
where
    movements.is_loss <> (movements.reason_code is not null)
    or movements.is_loss <> (movements.churn_type is not null)
    or (not movements.is_loss and movements.change_comment is not null)
    or movements.churn_type <> coalesce(churn_reasons.churn_type, 'avoidable')
