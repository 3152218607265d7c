{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='usage_date',
        on_schema_change='fail'
    )
}}
-- One row per account, user, feature and local day, of complete events only; a day is
-- done again whole when a row of it lands, is replaced, or is no longer known.
{%- set settings = var('time_zone') ~ ', late after ' ~ var('usage_late_days') %}

with

events as (

    select
        account_id,
        end_user_id,
        feature_name,
        platform,
        occurred_at,
        occurred_date,
        loaded_at
    from {{ ref('base_product_usage__events') }}
    where
        version_number = 1
        and coalesce(rule, '') not in ('null_key', 'missing_value')

),

{% if is_incremental() %}
days_built as (

    select
        usage_date,
        sum(event_count) as event_count,
        max(newest_loaded_at) as newest_loaded_at,
        max(settings) as settings
    from {{ this }}
    group by usage_date

),

newest_built as (

    select
        coalesce(
            max(newest_loaded_at), cast('1970-01-01' as timestamp)
        ) as newest_loaded_at
    from days_built

),

days_known as (

    select
        occurred_date,
        count(*) as event_count
    from events
    group by occurred_date

),

days_of_new_rows as (

    select occurred_date
    from events
    where loaded_at >= (select newest_built.newest_loaded_at from newest_built)
    group by occurred_date

),

days_to_redo as (

    select occurred_date as usage_date
    from days_of_new_rows

    union all

    -- Days that lost events, to a new version on another day, to an earlier as-of date
    -- that does not know them, or to a file that was changed; and days built otherwise.
    select coalesce(days_known.occurred_date, days_built.usage_date) as usage_date
    from days_known
    full outer join days_built on days_known.occurred_date = days_built.usage_date
    where
        coalesce(days_known.event_count, 0) <> coalesce(days_built.event_count, 0)
        or {{ local_date('days_built.newest_loaded_at') }} > {{ as_of_date() }}
        or days_built.settings <> '{{ settings }}'

),

days as (

    select usage_date
    from days_to_redo
    group by usage_date

),

{% endif %}
final as (

    select
        events.account_id,
        events.end_user_id,
        events.feature_name,
        events.occurred_date as usage_date,
        count(*) as event_count,
        count(case when events.platform = 'web' then 1 end) as web_event_count,
        count(case when events.platform = 'mobile' then 1 end) as mobile_event_count,
        count(case when events.platform = 'api' then 1 end) as api_event_count,
        count(
            case
                when
                    {{ local_date('events.loaded_at') }}
                    > {{ add_days('events.occurred_date', var('usage_late_days')) }}
                    then 1
            end
        ) as late_event_count,
        min(events.occurred_at) as first_occurred_at,
        max(events.loaded_at) as newest_loaded_at,
        '{{ settings }}' as settings
    from events
    {% if is_incremental() %}
    inner join days on events.occurred_date = days.usage_date
    {% endif %}
    group by
        events.account_id,
        events.end_user_id,
        events.feature_name,
        events.occurred_date

    {% if is_incremental() %}
    union all

    -- A day that lost its last event: a row of none takes the place of the old ones.
    select
        '' as account_id,
        '' as end_user_id,
        '' as feature_name,
        days.usage_date,
        0 as event_count,
        0 as web_event_count,
        0 as mobile_event_count,
        0 as api_event_count,
        0 as late_event_count,
        cast(days.usage_date as timestamp) as first_occurred_at,
        cast(null as timestamp) as newest_loaded_at,
        '{{ settings }}' as settings
    from days
    left join days_known on days.usage_date = days_known.occurred_date
    where days_known.occurred_date is null
    {% endif %}

)

select * from final
