-- One row per customer, health day and component, also where nothing is known of it.
-- Points of a day add up to the score exactly; what rounding leaves goes to the largest.
with

components as (

    select
        customer_id,
        health_date,
        component,
        component_score,
        lowest_measure,
        lowest_measure_value,
        weight,
        weighted_score,
        covered_weight,
        day_weighted_score,
        coalesce(
            covered_weight
            >= {{ whole_number(var('health_minimum_coverage'), 4) }}, false
        ) as is_covered
    from {{ ref('int_health_component_scores') }}

),

pointed as (

    select
        *,
        case
            when is_covered and component_score is not null
                then {{ divide_money(1, 'weighted_score', '100 * covered_weight') }}
        end as rounded_points,
        case
            when is_covered
                then {{ divide_money(1, 'day_weighted_score', '100 * covered_weight') }}
        end as health_score
    from components

),

ranked as (

    select
        *,
        health_score - sum(rounded_points) over (partition by customer_id, health_date)
            as left_by_rounding,
        row_number() over (
            partition by customer_id, health_date
            order by rounded_points desc nulls last, component asc
        ) as points_rank
    from pointed

),

final as (

    select
        customer_id,
        health_date,
        component,
        lowest_measure,
        lowest_measure_value,
        component_score,
        weight,
        cast(
            case when points_rank = 1 then rounded_points + left_by_rounding
                else rounded_points
            end as decimal(9, 2)
        ) as points,
        cast(
            case
                when is_covered and component_score is not null
                    then {{ divide_money(
                        1,
                        whole_number('weight', 4) ~ " * 10000 - weighted_score",
                        '100 * covered_weight'
                    ) }}
            end as decimal(9, 2)
        ) as points_lost
    from ranked

)

select * from final
