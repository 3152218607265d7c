-- One row per customer and health day: Sundays, the as-of date, the last day of CMRR.
-- health_band is capped by open risks of CSMs; computed_band is the score's alone.
with

health_days as (

    select
        health_day_number,
        customer_id,
        health_date,
        segment,
        lifecycle_stage,
        cmrr,
        is_last_day
    from {{ ref('int_health_days') }}

),

scores as (

    select
        health_day_number,
        health_score,
        coverage,
        worst_component,
        change_30_days,
        change_90_days,
        change_driver
    from {{ ref('int_health_days_compared') }}

),

bands as (

    select
        band,
        minimum_score,
        valid_from,
        valid_to
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

scored_days as (

    select
        health_days.*,
        scores.health_score,
        scores.coverage,
        scores.worst_component,
        scores.change_30_days,
        scores.change_90_days,
        scores.change_driver
    from health_days
    inner join scores
        on health_days.health_day_number = scores.health_day_number

),

reached_bands as (

    select
        scored_days.health_day_number,
        bands.band,
        row_number() over (
            partition by scored_days.health_day_number order by bands.minimum_score desc
        ) as band_rank
    from scored_days
    inner join bands
        on
            scored_days.health_score >= bands.minimum_score
            and scored_days.health_date >= bands.valid_from
            and (scored_days.health_date < bands.valid_to or bands.valid_to is null)

),

final as (

    select
        scored_days.customer_id,
        scored_days.health_date,
        scored_days.segment,
        scored_days.lifecycle_stage,
        scored_days.health_score,
        case
            when reached_bands.band is null then null
            when risk_days.caps_at = 'red' then 'red'
            when risk_days.caps_at = 'amber' and reached_bands.band = 'green'
                then 'amber'
            else reached_bands.band
        end as health_band,
        reached_bands.band as computed_band,
        risk_days.risk_id as capping_risk_id,
        scored_days.coverage,
        scored_days.worst_component,
        scored_days.change_30_days,
        scored_days.change_90_days,
        scored_days.change_driver,
        scored_days.cmrr,
        scored_days.is_last_day as is_frozen
    from scored_days
    left join reached_bands
        on
            scored_days.health_day_number = reached_bands.health_day_number
            and reached_bands.band_rank = 1
    left join risk_days
        on
            scored_days.customer_id = risk_days.customer_id
            and scored_days.health_date = risk_days.health_date

)

select * from final
