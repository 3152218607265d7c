-- No movement, level or bridge month lies after the as-of date. Commitments know days
-- to come, a lapse that will happen if nobody signs; one that slipped through would
-- report as lost what is not.
select
    'fct_cmrr_movements' as model_name,
    movement_date as late_date
from {{ ref('fct_cmrr_movements') }}
where movement_date > {{ as_of_date() }}

union all

select
    'fct_cmrr_months' as model_name,
    month as late_date
from {{ ref('fct_cmrr_months') }}
where month > {{ as_of_date() }}

union all

select
    'fct_cmrr_bridge' as model_name,
    month as late_date
from {{ ref('fct_cmrr_bridge') }}
where month > {{ as_of_date() }}
