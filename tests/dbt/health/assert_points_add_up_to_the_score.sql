-- A score that its parts do not add up to cannot be explained to anybody.
select
    customer_health.customer_id,
    customer_health.health_date,
    customer_health.health_score,
    sum(components.points) as points
from {{ ref('fct_customer_health') }} as customer_health
inner join {{ ref('fct_health_components') }} as components
    on
        customer_health.customer_id = components.customer_id
        and customer_health.health_date = components.health_date
group by
    customer_health.customer_id,
    customer_health.health_date,
    customer_health.health_score
having
    coalesce(sum(components.points), -1) <> coalesce(customer_health.health_score, -1)
    or count(*) <> 10
