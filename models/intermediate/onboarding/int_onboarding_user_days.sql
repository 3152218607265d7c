-- One row per customer that was ever onboarded, user and day with any event.
-- An event counts on the day it happened, however late it came.
with

customers as (

    select customer_id
    from {{ ref('int_onboarding_projects') }}
    group by customer_id

),

events as (

    select
        account_id,
        end_user_id,
        feature_name,
        {{ local_date('occurred_at') }} as usage_date
    from {{ ref('stg_product_usage__events') }}

),

final as (

    select
        customers.customer_id,
        events.end_user_id,
        events.usage_date,
        bool_or(events.feature_name = 'login') as has_login,
        bool_or(events.feature_name <> 'login') as is_active
    from events
    inner join customers
        on events.account_id = customers.customer_id
    where events.usage_date <= {{ as_of_date() }}
    group by customers.customer_id, events.end_user_id, events.usage_date

)

select * from final
