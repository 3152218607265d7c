-- One row per health day: its score, and against the newest days 30 and 90 days older.
-- change_driver is the component whose points moved most the way that the score did.
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
        weight,
        points,
        health_score,
        is_worst
    from {{ ref('int_health_points') }}

),

scores as (

    select
        health_day_number,
        max(health_score) as health_score,
        cast(
            coalesce(sum(weight) filter (where component_score is not null), 0)
            as decimal(9, 4)
        ) as coverage,
        max(component) filter (where is_worst) as worst_component
    from points
    group by health_day_number

),

{% for days in [30, 90] -%}
days_{{ days }}_before as (

    select
        health_day_number,
        max(health_day_number) over (
            partition by customer_id
            order by health_date
            range between unbounded preceding and interval {{ days }} day preceding
        ) as earlier_day_number
    from health_days

),

{% endfor -%}

point_changes as (

    select
        points.health_day_number,
        points.component,
        (points.points - earlier_points.points)
        * sign(points.health_score - earlier_points.health_score) as change_along
    from points
    inner join days_30_before
        on points.health_day_number = days_30_before.health_day_number
    inner join points as earlier_points
        on
            days_30_before.earlier_day_number = earlier_points.health_day_number
            and points.component = earlier_points.component
    where
        points.points is not null
        and earlier_points.points is not null
        and points.health_score <> earlier_points.health_score

),

largest_changes as (

    select
        health_day_number,
        max(change_along) as change_along
    from point_changes
    group by health_day_number

),

change_drivers as (

    select
        point_changes.health_day_number,
        min(point_changes.component) as change_driver
    from point_changes
    inner join largest_changes
        on
            point_changes.health_day_number = largest_changes.health_day_number
            and point_changes.change_along = largest_changes.change_along
    group by point_changes.health_day_number

),

final as (

    select
        scores.health_day_number,
        scores.health_score,
        scores.coverage,
        scores.worst_component,
        {%- for days in [30, 90] %}
        cast(scores.health_score - scores_{{ days }}.health_score as decimal(9, 2))
            as change_{{ days }}_days,
        {%- endfor %}
        change_drivers.change_driver
    from scores
    inner join days_30_before
        on scores.health_day_number = days_30_before.health_day_number
    inner join days_90_before
        on scores.health_day_number = days_90_before.health_day_number
    left join scores as scores_30
        on days_30_before.earlier_day_number = scores_30.health_day_number
    left join scores as scores_90
        on days_90_before.earlier_day_number = scores_90.health_day_number
    left join change_drivers
        on scores.health_day_number = change_drivers.health_day_number

)

select * from final
