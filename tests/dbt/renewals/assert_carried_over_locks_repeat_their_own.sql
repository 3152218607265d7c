-- A carried-over lock has the amount and due date of an earlier lock of the same term
-- and begins after its due date. Otherwise carrying over would rewrite what was locked.
with

locks as (

    select
        period_start,
        contract_id,
        due_date,
        expected_cmrr,
        is_carried_over
    from {{ ref('fct_expected_cmrr_locks') }}

),

own_locks as (

    select
        period_start,
        contract_id,
        due_date,
        expected_cmrr
    from locks
    where not is_carried_over

)

select
    locks.period_start,
    locks.contract_id,
    locks.due_date,
    locks.expected_cmrr,
    own_locks.expected_cmrr as own_expected_cmrr
from locks
left join own_locks
    on
        locks.contract_id = own_locks.contract_id
        and locks.due_date = own_locks.due_date
        and locks.expected_cmrr = own_locks.expected_cmrr
where
    own_locks.contract_id is null
    or own_locks.period_start > locks.due_date
    or (locks.is_carried_over and locks.period_start <= locks.due_date)
