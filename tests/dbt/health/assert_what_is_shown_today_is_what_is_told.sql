-- What is kept as shown on the as-of date, put together from change points, is what
-- the marts tell. The rebuild of an earlier day keeps nothing: nothing to compare.
with

newest_shown as (

    select
        customer_id,
        component,
        max(published_on) as published_on
    from {{ ref('fct_published_health_components') }}
    where published_on <= {{ as_of_date() }}
    group by customer_id, component

),

shown as (

    select
        health.customer_id,
        components.component,
        health.health_score,
        health.health_band,
        components.component_score,
        components.weight,
        components.points
    from {{ ref('fct_published_health') }} as health
    inner join newest_shown
        on health.customer_id = newest_shown.customer_id
    inner join {{ ref('fct_published_health_components') }} as components
        on
            newest_shown.customer_id = components.customer_id
            and newest_shown.component = components.component
            and newest_shown.published_on = components.published_on
    where health.published_on = {{ as_of_date() }}

),

told as (

    select
        health.customer_id,
        components.component,
        health.health_score,
        health.health_band,
        components.component_score,
        components.weight,
        components.points
    from {{ ref('fct_customer_health') }} as health
    inner join {{ ref('fct_health_components') }} as components
        on
            health.customer_id = components.customer_id
            and health.health_date = components.health_date
    where health.health_date = {{ as_of_date() }} and {{ is_newest_day() }}

)

select
    coalesce(told.customer_id, shown.customer_id) as customer_id,
    coalesce(told.component, shown.component) as component,
    told.health_score as told_health_score,
    shown.health_score as shown_health_score,
    told.points as told_points,
    shown.points as shown_points
from told
full join shown
    on
        told.customer_id = shown.customer_id
        and told.component = shown.component
where
    {{ is_newest_day() }}
    and (
        told.customer_id is null
        or shown.customer_id is null
        or told.health_score is distinct from shown.health_score
        or told.health_band is distinct from shown.health_band
        or told.component_score is distinct from shown.component_score
        or told.weight is distinct from shown.weight
        or told.points is distinct from shown.points
    )
