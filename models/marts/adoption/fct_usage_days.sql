{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook="{{ record_build(['int_usage_redo']) }}",
        meta={'redo': {
            'plan': 'int_usage_redo',
            'day': 'usage_date'
        }}
    )
}}
{%- set first_day = "cast('" ~ first_redo_day('int_usage_redo') ~ "' as date)" %}
-- One row per local day on which anyone used the product or logged in.
-- A late event was loaded more than usage_late_days after the day on which it happened.
with

usage_days as (

    select
        usage_date,
        event_count,
        late_event_count,
        newest_loaded_at
    from {{ ref('int_usage_days') }}
    where usage_date >= {{ first_day }}

),

user_days as (

    select
        day,
        count(*) as active_users
    from {{ ref('int_usage_user_days') }}
    where is_active and day >= {{ first_day }}
    group by day

),

events as (

    select
        usage_date,
        sum(event_count) as event_count,
        sum(late_event_count) as late_event_count,
        max(newest_loaded_at) as newest_loaded_at
    from usage_days
    group by usage_date

),

final as (

    select
        events.usage_date,
        cast(events.event_count as bigint) as event_count,
        cast(events.late_event_count as bigint) as late_event_count,
        cast(coalesce(user_days.active_users, 0) as integer) as active_users,
        events.newest_loaded_at
    from events
    left join user_days on events.usage_date = user_days.day

)

select * from final
