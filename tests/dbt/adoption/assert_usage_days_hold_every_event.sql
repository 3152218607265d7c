-- Every event that stands is counted on its local day, once. The days are kept from
-- build to build; without this a day not done again would be wrong for good.
with

events as (

    select
        occurred_date,
        count(*) as event_count
    from {{ ref('stg_product_usage__events') }}
    where occurred_date <= {{ as_of_date() }}
    group by occurred_date

),

usage_days as (

    select
        usage_date,
        sum(event_count) as event_count
    from {{ ref('int_usage_days') }}
    group by usage_date

)

select
    events.occurred_date,
    usage_days.usage_date,
    events.event_count,
    usage_days.event_count as counted
from events
full outer join usage_days on events.occurred_date = usage_days.usage_date
where
    coalesce(events.event_count, 0) <> coalesce(usage_days.event_count, 0)
