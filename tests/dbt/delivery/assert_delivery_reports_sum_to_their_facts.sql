-- Months, quarters and years each hold every ticket, service level and health check
-- once, and so do the values of each dimension. A period or value that no row falls
-- into would be missed by every report, and by nobody.
with

tickets as (

    select
        count(*) as tickets_created,
        count(*) filter (where not is_open) as tickets_solved
    from {{ ref('fct_tickets') }}

),

service_levels as (

    select
        count(*) as service_levels_measured,
        count(*) filter (where is_met) as service_levels_met
    from {{ ref('fct_service_levels') }}

),

health_checks as (

    select
        count(*) as health_checks_scheduled,
        count(*) filter (where is_completed) as health_checks_completed
    from {{ ref('fct_health_checks') }}
    where is_due

),

service as (

    select
        period_grain,
        dimension_name,
        sum(tickets_created) as tickets_created,
        sum(tickets_solved) as tickets_solved
    from {{ ref('rpt_ticket_service') }}
    group by period_grain, dimension_name

),

delivery as (

    select
        period_grain,
        dimension_name,
        sum(tickets_created) as tickets_created,
        sum(service_levels_measured) as service_levels_measured,
        sum(service_levels_met) as service_levels_met,
        sum(health_checks_scheduled) as health_checks_scheduled,
        sum(health_checks_completed) as health_checks_completed
    from {{ ref('rpt_delivery') }}
    group by period_grain, dimension_name

)

select
    service.period_grain,
    service.dimension_name
from service
cross join tickets
where
    service.tickets_created <> tickets.tickets_created
    or service.tickets_solved <> tickets.tickets_solved

union all

select
    delivery.period_grain,
    delivery.dimension_name
from delivery
cross join tickets
cross join service_levels
cross join health_checks
where
    delivery.tickets_created <> tickets.tickets_created
    or delivery.service_levels_measured <> service_levels.service_levels_measured
    or delivery.service_levels_met <> service_levels.service_levels_met
    or delivery.health_checks_scheduled <> health_checks.health_checks_scheduled
    or delivery.health_checks_completed <> health_checks.health_checks_completed
