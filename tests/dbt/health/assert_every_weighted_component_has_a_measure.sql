-- A component that weighs and that nothing measures would lower everybody's coverage.
-- Checked on each day on which a row of weights begins.
select
    weights.segment,
    weights.component,
    weights.valid_from as day,
    'health_measures: no measure of this component holds on this day' as what_is_wrong
from {{ ref('health_weights') }} as weights
where
    weights.weight > 0
    and not exists (
        select 1
        from {{ ref('health_measures') }} as measures
        where
            measures.segment = weights.segment
            and measures.component = weights.component
            and weights.valid_from >= measures.valid_from
            and (weights.valid_from < measures.valid_to or measures.valid_to is null)
    )
