-- By customer, by parent and by contract a period begins with the same CMRR and loses
-- the same: the bases cut one whole in different pieces.
select
    bases.period_grain,
    bases.period_start,
    bases.basis
from {{ ref('fct_retention_bases') }} as bases
inner join {{ ref('rpt_cmrr_rates') }} as rates
    on
        bases.period_grain = rates.period_grain
        and bases.period_start = rates.period_start
where
    bases.basis in ('customer', 'parent', 'contract')
    and (
        bases.beginning_cmrr <> rates.beginning_cmrr
        or bases.lost_cmrr
        <> rates.downgrade_cmrr + rates.cancellation_cmrr + rates.archive_cmrr
    )
