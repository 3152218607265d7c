{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook="{{ record_build(['int_adoption_redo']) }}",
        meta={'redo': {
            'plan': 'int_adoption_redo',
            'account': 'customer_id',
            'day': 'month',
            'from': 'use_redo_month'
        }}
    )
}}
-- One row per month, customer and platform used in the 28 days to the report date.
-- A user of two platforms stands under both: never add users over platforms.
with

window_days as (

    select
        month,
        day
    from {{ ref('int_month_window_days') }}

),

usage_days as (

    select
        account_id,
        end_user_id,
        usage_date,
        web_event_count,
        mobile_event_count,
        api_event_count,
        event_count - web_event_count - mobile_event_count - api_event_count
            as other_event_count
    from {{ ref('int_usage_days') }}
    where is_product_use

),

user_months as (

    select
        window_days.month,
        usage_days.account_id as customer_id,
        usage_days.end_user_id,
        sum(usage_days.web_event_count) as web_event_count,
        sum(usage_days.mobile_event_count) as mobile_event_count,
        sum(usage_days.api_event_count) as api_event_count,
        sum(usage_days.other_event_count) as other_event_count
    from usage_days
    inner join window_days on usage_days.usage_date = window_days.day
    {{- join_redo(
        'int_adoption_redo',
        'usage_days.account_id',
        'window_days.month',
        redo_from='use_redo_month'
    ) }}
    group by window_days.month, usage_days.account_id, usage_days.end_user_id

),

platforms as (

    {% for platform in ['web', 'mobile', 'api', 'other'] %}
    select
        month,
        customer_id,
        '{{ platform }}' as platform,
        count(*) as active_users,
        sum({{ platform }}_event_count) as event_count
    from user_months
    where {{ platform }}_event_count > 0
    group by month, customer_id
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

final as (

    select
        month,
        customer_id,
        platform,
        cast(active_users as integer) as active_users,
        cast(event_count as integer) as event_count,
        cast(
            {{ quotient(
                'event_count',
                'sum(event_count) over (partition by month, customer_id)',
                4
            ) }} as decimal(9, 4)
        ) as event_share
    from platforms

)

select * from final
