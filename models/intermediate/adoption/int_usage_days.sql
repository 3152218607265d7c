{{ config(materialized='view') }}
-- One row per account, user, feature and local day with an event, up to the as-of date.
-- Events count while their account, user and feature stand, as in staging.
with

days as (

    select
        account_id,
        end_user_id,
        feature_name,
        usage_date,
        event_count,
        web_event_count,
        mobile_event_count,
        api_event_count,
        late_event_count,
        first_occurred_at,
        newest_loaded_at
    from {{ ref('int_usage_days_landed') }}
    where
        usage_date <= {{ as_of_date() }}
        and event_count > 0

),

accounts as (

    select account_id
    from {{ ref('stg_crm__accounts') }}

),

end_users as (

    select end_user_id
    from {{ ref('stg_product_usage__end_users') }}

),

features as (

    select
        feature_name,
        is_sticky
    from {{ ref('stg_product_usage__features') }}

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
    inner join accounts on days.account_id = accounts.account_id
    inner join end_users on days.end_user_id = end_users.end_user_id
    inner join features on days.feature_name = features.feature_name

)

select * from final
