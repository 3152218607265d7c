-- One row per period, component and segment: what the component's scores add up to.
with

levels as (

    select
        period_grain,
        period_start,
        customer_id,
        health_date,
        segment
    from {{ ref('kpi_health_levels') }}
    where days_before = 0

),

components as (

    select
        customer_id,
        health_date,
        component,
        component_score
    from {{ ref('fct_health_components') }}
    where component_score is not null

),

final as (

    select
        levels.period_grain,
        levels.period_start,
        components.component,
        levels.segment,
        cast(sum(components.component_score) as decimal(18, 2)) as component_score_sum,
        cast(count(*) as integer) as customers_scored
    from levels
    inner join components
        on
            levels.customer_id = components.customer_id
            and levels.health_date = components.health_date
    group by
        levels.period_grain,
        levels.period_start,
        components.component,
        levels.segment

)

select * from final
