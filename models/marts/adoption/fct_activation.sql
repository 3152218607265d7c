{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook="{{ record_build(['int_adoption_redo']) }}",
        meta={'redo': {
            'plan': 'int_adoption_redo',
            'account': 'customer_id',
            'day': 'measured_date'
        }}
    )
}}
-- One row per onboarding project and 30, 60 and 90 days after going live, once reached.
-- Users are those active in the 30 days that end on that day.
with

projects as (

    select
        project_id,
        account_id as customer_id,
        {{ local_date('went_live_at') }} as went_live_date
    from {{ ref('stg_success__onboarding_projects') }}
    where went_live_at is not null

),

steps as (

    {% for days in [30, 60, 90] %}
    select
        project_id,
        customer_id,
        went_live_date,
        {{ days }} as days_after_go_live,
        {{ add_days('went_live_date', days) }} as measured_date
    from projects
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

steps_reached as (

    select
        steps.project_id,
        steps.customer_id,
        steps.went_live_date,
        steps.days_after_go_live,
        steps.measured_date
    from steps
    {{- join_redo('int_adoption_redo', 'steps.customer_id', 'steps.measured_date') }}
    where steps.measured_date <= {{ as_of_date() }}

),

users_active as (

    select
        steps_reached.project_id,
        steps_reached.days_after_go_live,
        user_days.end_user_id
    from steps_reached
    inner join {{ ref('int_usage_user_days') }} as user_days
        on
            steps_reached.customer_id = user_days.account_id
            and user_days.is_active
            and user_days.day > {{ add_days('steps_reached.measured_date', -30) }}
            and steps_reached.measured_date >= user_days.day
    group by
        steps_reached.project_id,
        steps_reached.days_after_go_live,
        user_days.end_user_id

),

users as (

    select
        project_id,
        days_after_go_live,
        count(*) as active_users
    from users_active
    group by project_id, days_after_go_live

),

licences as (

    select
        steps_reached.project_id,
        steps_reached.days_after_go_live,
        sum(holdings.quantity) as licences_purchased
    from steps_reached
    inner join {{ ref('int_sku_holdings') }} as holdings
        on
            steps_reached.customer_id = holdings.customer_id
            and holdings.is_licensed
            and steps_reached.measured_date >= holdings.from_date
            and steps_reached.measured_date < holdings.to_date
    group by steps_reached.project_id, steps_reached.days_after_go_live

),

final as (

    select
        steps_reached.project_id,
        steps_reached.customer_id,
        steps_reached.days_after_go_live,
        steps_reached.went_live_date,
        steps_reached.measured_date,
        cast(coalesce(users.active_users, 0) as integer) as active_users,
        cast(coalesce(licences.licences_purchased, 0) as decimal(18, 2))
            as licences_purchased,
        cast(
            {{ quotient(
                'coalesce(users.active_users, 0)', 'licences.licences_purchased', 4
            ) }} as decimal(9, 4)
        ) as active_share
    from steps_reached
    left join users
        on
            steps_reached.project_id = users.project_id
            and steps_reached.days_after_go_live = users.days_after_go_live
    left join licences
        on
            steps_reached.project_id = licences.project_id
            and steps_reached.days_after_go_live = licences.days_after_go_live

)

select * from final
