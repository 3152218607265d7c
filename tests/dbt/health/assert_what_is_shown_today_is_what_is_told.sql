-- What is kept as shown on the as-of date, put together from change points, is what the
-- marts tell. The rebuild of an earlier day keeps nothing, so it has nothing to compare.
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

),

differing as (

    (
        select *
        from told
        except
        select *
        from shown
    )

    union all

    (
        select *
        from shown
        where {{ is_newest_day() }}
        except
        select *
        from told
    )

)

select * from differing
