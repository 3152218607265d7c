-- One row per project and full week of its contract's first 90 days that is over.
-- Weeks run from the contract's first day; a week without use has no active users.
with recursive

projects as (

    select
        project_id,
        customer_id,
        contract_start_date
    from {{ ref('int_onboarding_projects') }}

),

user_days as (

    select
        customer_id,
        end_user_id,
        usage_date
    from {{ ref('int_onboarding_user_days') }}
    where is_active

),

weeks as (

    select
        1 as week_number,
        7 as last_day_number

    union all

    select
        week_number + 1 as week_number,
        last_day_number + 7 as last_day_number
    from weeks
    where last_day_number + 7 <= 90

),

project_weeks as (

    select
        projects.project_id,
        projects.customer_id,
        weeks.week_number,
        {{ add_days('projects.contract_start_date', 'weeks.last_day_number - 7') }}
            as week_start_date,
        {{ add_days('projects.contract_start_date', 'weeks.last_day_number - 1') }}
            as week_end_date
    from projects
    cross join weeks

),

final as (

    select
        project_weeks.project_id,
        project_weeks.week_number,
        project_weeks.week_start_date,
        project_weeks.week_end_date,
        cast(count(distinct user_days.end_user_id) as integer) as active_users
    from project_weeks
    left join user_days
        on
            project_weeks.customer_id = user_days.customer_id
            and user_days.usage_date
            between project_weeks.week_start_date and project_weeks.week_end_date
    where project_weeks.week_end_date <= {{ as_of_date() }}
    group by
        project_weeks.project_id,
        project_weeks.week_number,
        project_weeks.week_start_date,
        project_weeks.week_end_date

)

select * from final
