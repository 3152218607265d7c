-- One row per health day and component, also where the component has no data.
-- covered_weight and day_weighted_score are of the whole day: take one, never add them.
with

health_days as (

    select
        health_day_number,
        health_date,
        segment,
        lifecycle_stage
    from {{ ref('int_health_days') }}

),

weights as (

    select
        segment,
        lifecycle_stage,
        component,
        weight,
        cast({{ whole_number('weight', 4) }} as bigint) as whole_weight,
        valid_from,
        valid_to
    from {{ ref('health_weights') }}

),

measure_scores as (

    select
        health_day_number,
        component,
        measure,
        measure_value,
        measure_score
    from {{ ref('int_health_measure_scores') }}

),

components as (

    select
        health_day_number,
        component,
        min(measure_score) as lowest_measure_score,
        {{ score_of('cast(100 * sum(measure_score) as bigint)', 'count(*)') }}
            as component_score
    from measure_scores
    group by health_day_number, component

),

lowest_measures as (

    select
        measure_scores.health_day_number,
        measure_scores.component,
        min(measure_scores.measure) as lowest_measure
    from measure_scores
    inner join components
        on
            measure_scores.health_day_number = components.health_day_number
            and measure_scores.component = components.component
            and measure_scores.measure_score = components.lowest_measure_score
    group by measure_scores.health_day_number, measure_scores.component

),

weighted as (

    select
        health_days.health_day_number,
        weights.component,
        weights.weight,
        weights.whole_weight,
        components.component_score,
        weights.whole_weight * cast(100 * components.component_score as bigint)
            as weighted_score
    from health_days
    inner join weights
        on
            health_days.segment = weights.segment
            and health_days.lifecycle_stage = weights.lifecycle_stage
            and health_days.health_date >= weights.valid_from
            and (health_days.health_date < weights.valid_to or weights.valid_to is null)
    left join components
        on
            health_days.health_day_number = components.health_day_number
            and weights.component = components.component

),

days as (

    select
        health_day_number,
        cast(
            sum(whole_weight) filter (where component_score is not null) as bigint
        ) as covered_weight,
        cast(sum(weighted_score) as bigint) as day_weighted_score
    from weighted
    group by health_day_number

),

final as (

    select
        weighted.health_day_number,
        weighted.component,
        weighted.component_score,
        lowest_measures.lowest_measure,
        measure_scores.measure_value as lowest_measure_value,
        weighted.weight,
        weighted.whole_weight,
        weighted.weighted_score,
        days.covered_weight,
        days.day_weighted_score
    from weighted
    inner join days
        on weighted.health_day_number = days.health_day_number
    left join lowest_measures
        on
            weighted.health_day_number = lowest_measures.health_day_number
            and weighted.component = lowest_measures.component
    left join measure_scores
        on
            lowest_measures.health_day_number = measure_scores.health_day_number
            and lowest_measures.component = measure_scores.component
            and lowest_measures.lowest_measure = measure_scores.measure

)

select * from final
