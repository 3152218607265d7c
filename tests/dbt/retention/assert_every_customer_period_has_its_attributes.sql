-- Every period of a customer with CMRR has its attributes as they were. Reports join
-- them with an inner join: a period without them would leave the report in silence.
select
    periods.period_grain,
    periods.period_start,
    periods.customer_id
from {{ ref('fct_cmrr_customer_periods') }} as periods
left join {{ ref('fct_customer_period_attributes') }} as attributes
    on
        periods.period_grain = attributes.period_grain
        and periods.period_start = attributes.period_start
        and periods.customer_id = attributes.customer_id
where attributes.customer_id is null
