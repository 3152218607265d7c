-- One row per customer, health day and component, also where it has no data.
-- covered_weight and weighted_score are of the whole day: take one row, never add them.
with

health_days as (

    select
        customer_id,
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
        valid_from,
        valid_to
    from {{ ref('health_weights') }}

),

ranked_measures as (

    select
        customer_id,
        health_date,
        component,
        measure,
        measure_value,
        measure_score,
        row_number() over (
            partition by customer_id, health_date, component
            order by measure_score, measure
        ) as measure_rank
    from {{ ref('int_health_measure_scores') }}

),

components as (

    select
        customer_id,
        health_date,
        component,
        cast(
            {{ divide_money('sum(measure_score)', 1, 'count(*)') }} as decimal(9, 2)
        ) as component_score,
        max(measure) filter (where measure_rank = 1) as lowest_measure,
        max(measure_value) filter (where measure_rank = 1) as lowest_measure_value
    from ranked_measures
    group by customer_id, health_date, component

),

weighted as (

    select
        health_days.customer_id,
        health_days.health_date,
        weights.component,
        components.component_score,
        components.lowest_measure,
        components.lowest_measure_value,
        weights.weight,
        {{ whole_number('weights.weight', 4) }} as whole_weight,
        {{ whole_number('components.component_score', 2) }} as whole_score
    from health_days
    inner join weights
        on
            health_days.segment = weights.segment
            and health_days.lifecycle_stage = weights.lifecycle_stage
            and health_days.health_date >= weights.valid_from
            and (health_days.health_date < weights.valid_to or weights.valid_to is null)
    left join components
        on
            health_days.customer_id = components.customer_id
            and health_days.health_date = components.health_date
            and weights.component = components.component

),

final as (

    select
        customer_id,
        health_date,
        component,
        component_score,
        lowest_measure,
        lowest_measure_value,
        weight,
        case when component_score is not null then whole_weight * whole_score end
            as weighted_score,
        cast(
            sum(whole_weight) filter (where component_score is not null)
                over (partition by customer_id, health_date) as hugeint
        ) as covered_weight,
        cast(
            sum(whole_weight * whole_score) filter (where component_score is not null)
                over (partition by customer_id, health_date) as hugeint
        ) as day_weighted_score
    from weighted

)

select * from final
