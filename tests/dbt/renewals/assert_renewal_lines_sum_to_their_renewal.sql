-- What became of each SKU adds up to what became of the renewal, and the effects to the
-- change. A SKU counted twice, or lost on the way, would leave both plausible alone.
with

lines as (

    select
        contract_id,
        sum(after_cmrr) as after_cmrr,
        sum(retained_cmrr) as retained_cmrr,
        bool_or(
            after_cmrr - before_cmrr <> {{ renewal_effects() | join(' + ') }}
        ) as has_unexplained_change
    from {{ ref('fct_renewal_lines') }}
    group by contract_id

)

select
    renewals.contract_id,
    renewals.renewed_cmrr,
    lines.after_cmrr,
    renewals.retained_cmrr,
    lines.retained_cmrr as lines_retained_cmrr,
    lines.has_unexplained_change
from {{ ref('fct_renewals') }} as renewals
left join lines
    on renewals.contract_id = lines.contract_id
where
    renewals.is_resolved
    and (
        renewals.renewed_cmrr <> coalesce(lines.after_cmrr, 0)
        or renewals.retained_cmrr <> coalesce(lines.retained_cmrr, 0)
        or coalesce(lines.has_unexplained_change, false)
    )
