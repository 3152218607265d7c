-- What a takeover that has happened made of a term is what the day's movements say.
-- Renewals sum the same comparison in a way of their own; the two must never part.
with

renewals as (

    select
        contract_id,
        renewal_contract_id,
        takeover_date
    from {{ ref('fct_renewals') }}
    where days_before_due is not null and takeover_date <= {{ as_of_date() }}

),

skus_taken_over as (

    select
        contract_id,
        sum(after_cmrr - before_cmrr) as change
    from {{ ref('int_renewal_skus_taken_over') }}
    group by contract_id

),

movements as (

    select
        renewals.contract_id,
        sum(movements.amount) as change
    from renewals
    inner join {{ ref('fct_cmrr_movements') }} as movements
        on
            renewals.takeover_date = movements.movement_date
            and movements.contract_id in (
                renewals.contract_id, renewals.renewal_contract_id
            )
    where movements.timing = 'renewal' and movements.cancellation_id is null
    group by renewals.contract_id

)

select
    renewals.contract_id,
    skus_taken_over.change,
    movements.change as movements_change
from renewals
inner join skus_taken_over
    on renewals.contract_id = skus_taken_over.contract_id
left join movements
    on renewals.contract_id = movements.contract_id
where skus_taken_over.change <> coalesce(movements.change, 0)
