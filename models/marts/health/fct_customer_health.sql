-- One row per customer and health day: Sundays, the as-of date, the last day of CMRR.
-- health_band is capped by open risks of CSMs; computed_band is what the score alone says.
with

health_days as (

    select
        customer_id,
        health_date,
        segment,
        lifecycle_stage,
        cmrr,
        is_last_day
    from {{ ref('int_health_days') }}

),

components as (

    select
        customer_id,
        health_date,
        component,
        component_score,
        weight,
        points,
        row_number() over (
            partition by customer_id, health_date
            order by points_lost desc nulls last, component asc
        ) as loss_rank
    from {{ ref('fct_health_components') }}

),

bands as (

    select
        band,
        minimum_score,
        valid_from,
        valid_to,
        lead(minimum_score) over (
            partition by valid_from order by minimum_score
        ) as next_minimum_score
    from {{ ref('health_bands') }}

),

risk_days as (

    select
        customer_id,
        health_date,
        caps_at,
        risk_id
    from {{ ref('int_health_risk_days') }}

),

scores as (

    select
        customer_id,
        health_date,
        cast(sum(points) as decimal(9, 2)) as health_score,
        cast(
            coalesce(sum(weight) filter (where component_score is not null), 0)
            as decimal(9, 4)
        ) as coverage,
        max(component) filter (where loss_rank = 1 and points is not null)
            as worst_component
    from components
    group by customer_id, health_date

),

scored_days as (

    select
        health_days.customer_id,
        health_days.health_date,
        health_days.segment,
        health_days.lifecycle_stage,
        health_days.cmrr,
        health_days.is_last_day,
        scores.health_score,
        scores.coverage,
        scores.worst_component,
        bands.band as computed_band,
        risk_days.caps_at,
        risk_days.risk_id as capping_risk_id,
        {%- for days in [30, 90] %}
        max(health_days.health_date) over (
            partition by health_days.customer_id
            order by health_days.health_date
            range between unbounded preceding and interval {{ days }} day preceding
        ) as date_{{ days }}_days_before {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from health_days
    inner join scores
        on
            health_days.customer_id = scores.customer_id
            and health_days.health_date = scores.health_date
    left join bands
        on
            scores.health_score >= bands.minimum_score
            and (
                scores.health_score < bands.next_minimum_score
                or bands.next_minimum_score is null
            )
            and health_days.health_date >= bands.valid_from
            and (health_days.health_date < bands.valid_to or bands.valid_to is null)
    left join risk_days
        on
            health_days.customer_id = risk_days.customer_id
            and health_days.health_date = risk_days.health_date

),

component_changes as (

    select
        scored_days.customer_id,
        scored_days.health_date,
        components.component,
        row_number() over (
            partition by scored_days.customer_id, scored_days.health_date
            order by
                (components.points - before.points)
                * sign(scored_days.health_score - score_before.health_score) desc,
                components.component asc
        ) as driver_rank
    from scored_days
    inner join components
        on
            scored_days.customer_id = components.customer_id
            and scored_days.health_date = components.health_date
    inner join components as before
        on
            scored_days.customer_id = before.customer_id
            and scored_days.date_30_days_before = before.health_date
            and components.component = before.component
    inner join scores as score_before
        on
            scored_days.customer_id = score_before.customer_id
            and scored_days.date_30_days_before = score_before.health_date
    where
        components.points is not null
        and before.points is not null
        and scored_days.health_score <> score_before.health_score

),

final as (

    select
        scored_days.customer_id,
        scored_days.health_date,
        scored_days.segment,
        scored_days.lifecycle_stage,
        scored_days.health_score,
        case
            when scored_days.computed_band is null then null
            when scored_days.caps_at = 'red' then 'red'
            when scored_days.caps_at = 'amber' and scored_days.computed_band = 'green'
                then 'amber'
            else scored_days.computed_band
        end as health_band,
        scored_days.computed_band,
        scored_days.capping_risk_id,
        scored_days.coverage,
        scored_days.worst_component,
        cast(scored_days.health_score - scores_30.health_score as decimal(9, 2))
            as change_30_days,
        cast(scored_days.health_score - scores_90.health_score as decimal(9, 2))
            as change_90_days,
        component_changes.component as change_driver,
        scored_days.cmrr,
        scored_days.is_last_day as is_frozen
    from scored_days
    left join scores as scores_30
        on
            scored_days.customer_id = scores_30.customer_id
            and scored_days.date_30_days_before = scores_30.health_date
    left join scores as scores_90
        on
            scored_days.customer_id = scores_90.customer_id
            and scored_days.date_90_days_before = scores_90.health_date
    left join component_changes
        on
            scored_days.customer_id = component_changes.customer_id
            and scored_days.health_date = component_changes.health_date
            and component_changes.driver_rank = 1

)

select * from final
