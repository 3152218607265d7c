-- One row per customer, health day and component, also where nothing is known of it.
-- Points of a day add up to the score exactly.
with

health_days as (

    select
        health_day_number,
        customer_id,
        health_date
    from {{ ref('int_health_days') }}

),

points as (

    select
        health_day_number,
        component,
        component_score,
        lowest_measure,
        lowest_measure_value,
        weight,
        points,
        points_lost
    from {{ ref('int_health_points') }}

),

final as (

    select
        health_days.customer_id,
        health_days.health_date,
        points.component,
        points.lowest_measure,
        points.lowest_measure_value,
        points.component_score,
        points.weight,
        points.points,
        points.points_lost
    from points
    inner join health_days
        on points.health_day_number = health_days.health_day_number

)

select * from final
