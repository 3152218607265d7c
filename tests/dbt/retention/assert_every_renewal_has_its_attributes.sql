-- Every renewal has its customer's attributes as they were, by each grain, and the segment
-- is the one that the same day has where it was locked by itself. Rates by segment would
-- else leave renewals out, or put them where the lock does not.
select
    renewals.contract_id,
    grains.period_grain
from {{ ref('fct_renewals') }} as renewals
cross join (
    select distinct period_grain
    from {{ ref('fct_renewal_period_attributes') }}
) as grains
left join {{ ref('fct_renewal_period_attributes') }} as attributes
    on
        renewals.contract_id = attributes.contract_id
        and grains.period_grain = attributes.period_grain
where attributes.contract_id is null
