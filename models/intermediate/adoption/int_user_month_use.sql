{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook="{{ record_build(['int_adoption_redo']) }}",
        meta={'redo': {
            'plan': 'int_adoption_redo',
            'account': 'account_id',
            'day': 'month',
            'from': 'use_redo_month'
        }}
    )
}}
-- One row per month and user active in the 28 days to its report date.
with

window_days as (

    select
        month,
        day
    from {{ ref('int_month_window_days') }}

),

user_features as (

    select
        window_days.month,
        usage_days.account_id,
        usage_days.end_user_id,
        usage_days.feature_name,
        sum(usage_days.web_event_count) as web_event_count,
        sum(usage_days.mobile_event_count) as mobile_event_count,
        sum(usage_days.api_event_count) as api_event_count,
        sum(usage_days.event_count) as event_count
    from {{ ref('int_usage_days') }} as usage_days
    inner join window_days on usage_days.usage_date = window_days.day
    {{- join_redo(
        'int_adoption_redo',
        'usage_days.account_id',
        'window_days.month',
        redo_from='use_redo_month'
    ) }}
    where usage_days.is_product_use
    group by
        window_days.month,
        usage_days.account_id,
        usage_days.end_user_id,
        usage_days.feature_name

),

breadths as (

    select
        month,
        account_id,
        end_user_id,
        count(*) as features_used,
        sum(web_event_count) as web_event_count,
        sum(mobile_event_count) as mobile_event_count,
        sum(api_event_count) as api_event_count,
        sum(event_count) as event_count
    from user_features
    group by month, account_id, end_user_id

),

active_days as (

    select
        window_days.month,
        user_days.account_id,
        user_days.end_user_id,
        count(*) as active_days
    from {{ ref('int_usage_user_days') }} as user_days
    inner join window_days on user_days.day = window_days.day
    {{- join_redo(
        'int_adoption_redo',
        'user_days.account_id',
        'window_days.month',
        redo_from='use_redo_month'
    ) }}
    where user_days.is_active
    group by window_days.month, user_days.account_id, user_days.end_user_id

),

final as (

    select
        active_days.month,
        active_days.account_id,
        active_days.end_user_id,
        cast(active_days.active_days as integer) as active_days,
        cast(breadths.features_used as integer) as features_used,
        cast(breadths.web_event_count as integer) as web_event_count,
        cast(breadths.mobile_event_count as integer) as mobile_event_count,
        cast(breadths.api_event_count as integer) as api_event_count,
        cast(
            breadths.event_count - breadths.web_event_count
            - breadths.mobile_event_count - breadths.api_event_count as integer
        ) as other_event_count
    from active_days
    inner join breadths
        on
            active_days.month = breadths.month
            and active_days.account_id = breadths.account_id
            and active_days.end_user_id = breadths.end_user_id

)

select * from final
