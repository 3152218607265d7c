-- New, reactivated, added and upgraded CMRR is never below zero in a month, downgraded
-- and cancelled never above, though a price part inside may be. A column of the wrong
-- sign is a loss told as growth: the bridge would foot all the same.
select
    month,
    contract_family_id,
    sku,
    new_cmrr,
    reactivation_cmrr,
    add_on_cmrr,
    upgrade_cmrr,
    downgrade_cmrr,
    cancellation_cmrr
from {{ ref('fct_cmrr_bridge') }}
where
    least(new_cmrr, reactivation_cmrr, add_on_cmrr, upgrade_cmrr) < 0
    or greatest(downgrade_cmrr, cancellation_cmrr) > 0
