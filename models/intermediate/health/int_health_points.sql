-- One row per health day and component with its points and the points it lost.
-- What rounding leaves of the day's score goes to the component of most points.
with

components as (

    select
        *,
        coalesce(
            covered_weight
            >= cast({{ whole_number(var('health_minimum_coverage'), 4) }} as bigint),
            false
        ) as is_covered
    from {{ ref('int_health_component_scores') }}

),

rounded as (

    select
        health_day_number,
        component,
        component_score,
        lowest_measure,
        lowest_measure_value,
        weight,
        case
            when is_covered
                then {{ score_of('weighted_score', 'covered_weight') }}
        end as rounded_points,
        case
            when is_covered
                then {{ score_of(
                    'whole_weight * 10000 - weighted_score', 'covered_weight'
                ) }}
        end as points_lost,
        case
            when is_covered
                then {{ score_of('day_weighted_score', 'covered_weight') }}
        end as health_score
    from components

),

days as (

    select
        health_day_number,
        max(health_score) - sum(rounded_points) as left_by_rounding,
        max(rounded_points) as most_points,
        max(points_lost) as most_points_lost
    from rounded
    group by health_day_number

),

leading_components as (

    select
        rounded.health_day_number,
        min(rounded.component) filter (
            where rounded.rounded_points = days.most_points
        ) as largest_component,
        min(rounded.component) filter (
            where rounded.points_lost = days.most_points_lost
        ) as worst_component
    from rounded
    inner join days
        on rounded.health_day_number = days.health_day_number
    group by rounded.health_day_number

),

final as (

    select
        rounded.health_day_number,
        rounded.component,
        rounded.component_score,
        rounded.lowest_measure,
        rounded.lowest_measure_value,
        rounded.weight,
        cast(
            rounded.rounded_points
            + case
                when rounded.component = leading_components.largest_component
                    then days.left_by_rounding
                else 0
            end as decimal(9, 2)
        ) as points,
        rounded.points_lost,
        rounded.health_score,
        rounded.component = leading_components.worst_component as is_worst
    from rounded
    inner join days
        on rounded.health_day_number = days.health_day_number
    inner join leading_components
        on rounded.health_day_number = leading_components.health_day_number

)

select * from final
