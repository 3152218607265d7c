-- One row per case of the backtest and scorer that has an opinion: higher is safer.
-- Scorers are the health score, the score without each component, and simple rivals.
with

cases as (

    select *
    from {{ ref('int_health_backtest_cases') }}

),

components as (

    select
        health_day_number,
        component,
        weighted_score,
        whole_weight,
        component_score,
        covered_weight,
        day_weighted_score
    from {{ ref('int_health_component_scores') }}

),

scores as (

    select
        health_day_number,
        health_score
    from {{ ref('int_health_days_compared') }}

),

measures as (

    select
        health_day_number,
        usage_trend,
        mean_nps_score
    from {{ ref('int_health_measures') }}

),

risk_days as (

    select
        customer_id,
        health_date,
        caps_at
    from {{ ref('int_health_risk_days') }}

),

scored as (

    select
        cases.quarter_end,
        cases.horizon_days,
        cases.customer_id,
        'health_score' as scorer,
        cast(scores.health_score as double) as score
    from cases
    inner join scores
        on cases.health_day_number = scores.health_day_number

    union all

    select
        cases.quarter_end,
        cases.horizon_days,
        cases.customer_id,
        'without_' || components.component as scorer,
        cast(
            components.day_weighted_score - coalesce(components.weighted_score, 0)
            as double
        )
        / nullif(
            components.covered_weight
            - case
                when components.component_score is null then 0
                else components.whole_weight
            end,
            0
        ) as score
    from cases
    inner join components
        on cases.health_day_number = components.health_day_number
    inner join scores
        on cases.health_day_number = scores.health_day_number
    where scores.health_score is not null

    union all

    select
        quarter_end,
        horizon_days,
        customer_id,
        'tenure' as scorer,
        cast(tenure_days as double) as score
    from cases

    union all

    select
        cases.quarter_end,
        cases.horizon_days,
        cases.customer_id,
        'usage_trend' as scorer,
        measures.usage_trend as score
    from cases
    inner join measures
        on cases.health_day_number = measures.health_day_number

    union all

    select
        cases.quarter_end,
        cases.horizon_days,
        cases.customer_id,
        'nps' as scorer,
        measures.mean_nps_score as score
    from cases
    inner join measures
        on cases.health_day_number = measures.health_day_number

    union all

    select
        cases.quarter_end,
        cases.horizon_days,
        cases.customer_id,
        'csm_judgement' as scorer,
        case risk_days.caps_at
            when 'red' then 0.0
            when 'amber' then 1.0
            else 2.0
        end as score
    from cases
    left join risk_days
        on
            cases.customer_id = risk_days.customer_id
            and cases.health_date = risk_days.health_date

),

final as (

    select
        scored.quarter_end,
        scored.horizon_days,
        scored.customer_id,
        cases.segment,
        scored.scorer,
        scored.score,
        cases.is_lost
    from scored
    inner join cases
        on
            scored.quarter_end = cases.quarter_end
            and scored.horizon_days = cases.horizon_days
            and scored.customer_id = cases.customer_id
    where scored.score is not null

)

select * from final
