{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook="{{ record_build(['int_usage_redo']) }}",
        meta={'redo': {
            'plan': 'int_usage_redo',
            'account': 'account_id',
            'day': 'usage_date'
        }}
    )
}}
-- One row per account, user, feature and local day with an event, up to the as-of date.
-- Events count while their account, user and feature stand, as in staging.
with

events as (

    select
        events.account_id,
        events.end_user_id,
        events.feature_name,
        events.platform,
        events.occurred_at,
        events.occurred_date,
        events.loaded_at
    from {{ ref('base_product_usage__events') }} as events
    {{- join_redo('int_usage_redo', 'events.account_id', 'events.occurred_date') }}
    where
        events.row_status = 'current'
        and events.occurred_date <= {{ as_of_date() }}

),

features as (

    select
        feature_name,
        is_sticky
    from {{ ref('stg_product_usage__features') }}

),

days as (

    select
        account_id,
        end_user_id,
        feature_name,
        occurred_date as usage_date,
        count(*) as event_count,
        count(case when platform = 'web' then 1 end) as web_event_count,
        count(case when platform = 'mobile' then 1 end) as mobile_event_count,
        count(case when platform = 'api' then 1 end) as api_event_count,
        count(
            case
                when
                    {{ local_date('loaded_at') }}
                    > {{ add_days('occurred_date', var('usage_late_days')) }}
                    then 1
            end
        ) as late_event_count,
        min(occurred_at) as first_occurred_at,
        max(loaded_at) as newest_loaded_at
    from events
    group by account_id, end_user_id, feature_name, occurred_date

),

final as (

    select
        days.account_id,
        days.end_user_id,
        days.feature_name,
        days.usage_date,
        days.event_count,
        days.web_event_count,
        days.mobile_event_count,
        days.api_event_count,
        days.late_event_count,
        {{ is_product_use('days.feature_name') }} as is_product_use,
        features.is_sticky
        and {{ is_product_use('days.feature_name') }} as is_sticky_use,
        days.first_occurred_at,
        days.newest_loaded_at
    from days
    inner join features on days.feature_name = features.feature_name

)

select * from final
