-- Nothing retained is more than what came due or than what was renewed, exchange rates
-- left out; archives, losses and unanswered renewals retain nothing.
with

lines as (

    select
        contract_id,
        sum(before_cmrr) as before_cmrr
    from {{ ref('fct_renewal_lines') }}
    group by contract_id

)

select
    renewals.contract_id,
    renewals.outcome,
    renewals.retained_cmrr,
    renewals.renewed_cmrr,
    lines.before_cmrr
from {{ ref('fct_renewals') }} as renewals
left join lines
    on renewals.contract_id = lines.contract_id
where
    renewals.retained_cmrr < 0
    or renewals.retained_cmrr > coalesce(lines.before_cmrr, 0)
    or renewals.retained_cmrr > renewals.renewed_cmrr - renewals.currency_cmrr
    or (
        renewals.outcome not in ('renewed_up', 'renewed_flat', 'renewed_down')
        and renewals.retained_cmrr <> 0
    )
