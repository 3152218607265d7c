-- Every renewal whose lock period has begun has a lock, whichever build wrote it. One
-- that nobody locked would take its expectation from what happened since.
select
    renewals.contract_id,
    renewals.due_period_start
from {{ ref('fct_renewals') }} as renewals
left join {{ ref('fct_expected_cmrr_locks') }} as locks
    on
        renewals.contract_id = locks.contract_id
        and renewals.due_period_start = locks.period_start
where
    renewals.due_period_start <= {{ as_of_date() }}
    and locks.contract_id is null
