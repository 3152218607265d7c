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

user_months as (

    select
        month_use.month,
        month_use.account_id as customer_id,
        month_use.web_event_count,
        month_use.mobile_event_count,
        month_use.api_event_count,
        month_use.other_event_count
    from {{ ref('int_user_month_use') }} as month_use
    {{- join_redo(
        'int_adoption_redo',
        'month_use.account_id',
        'month_use.month',
        redo_from='use_redo_month'
    ) }}

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
