-- A score is a weighted mean: weights of 0.9 together make all look worse than they
-- are. Checked for each segment and stage on each day on which a row begins or ends.
with

weights as (

    select
        segment,
        lifecycle_stage,
        component,
        weight,
        valid_from,
        valid_to
    from {{ ref('health_weights') }}

),

change_days as (

    select valid_from as day
    from weights

    union all

    select valid_to as day
    from weights
    where valid_to is not null

),

days as (

    select day
    from change_days
    group by day

),

stages as (

    select lifecycle_stage
    from weights
    group by lifecycle_stage

),

segment_days as (

    select
        customer_segments.segment,
        stages.lifecycle_stage,
        days.day
    from {{ ref('customer_segments') }} as customer_segments
    cross join stages
    cross join days

)

select
    segment_days.segment,
    segment_days.lifecycle_stage,
    segment_days.day,
    coalesce(sum(weights.weight), 0) as weight_sum,
    count(weights.component) as component_count,
    'health_weights: the weights of this segment and stage do not add up to 1'
        as what_is_wrong
from segment_days
left join weights
    on
        segment_days.segment = weights.segment
        and segment_days.lifecycle_stage = weights.lifecycle_stage
        and segment_days.day >= weights.valid_from
        and (segment_days.day < weights.valid_to or weights.valid_to is null)
group by segment_days.segment, segment_days.lifecycle_stage, segment_days.day
having
    coalesce(sum(weights.weight), 0) <> 1
    or count(weights.component) <> count(distinct weights.component)
