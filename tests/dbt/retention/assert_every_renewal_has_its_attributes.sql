-- Every renewal has its customer's attributes as they were, by each grain. Rates by
-- segment would else leave renewals out in silence.
with

grains as (

    select distinct period_grain
    from {{ ref('fct_customer_period_attributes') }}

)

select
    renewals.contract_id,
    grains.period_grain
from {{ ref('fct_renewals') }} as renewals
cross join grains
left join {{ ref('fct_renewal_period_attributes') }} as attributes
    on
        renewals.contract_id = attributes.contract_id
        and grains.period_grain = attributes.period_grain
where attributes.contract_id is null
