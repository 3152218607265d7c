-- One row per project: first login, and the trend of use in its contract's first 90
-- days. Logins from before the contract was signed are of a trial or another contract.
with

projects as (

    select
        project_id,
        customer_id,
        first_access_date
    from {{ ref('int_onboarding_projects') }}

),

login_days as (

    select
        customer_id,
        usage_date
    from {{ ref('int_onboarding_user_days') }}
    where has_login
    group by customer_id, usage_date

),

first_logins as (

    select
        projects.project_id,
        min(login_days.usage_date) as first_login_date
    from projects
    inner join login_days
        on
            projects.customer_id = login_days.customer_id
            and projects.first_access_date <= login_days.usage_date
    group by projects.project_id

),

-- Least squares in whole numbers: slope = (n sum(xy) - sum(x) sum(y)) / (n sum(xx) -
-- sum(x)^2)
trends as (

    select
        project_id,
        count(*) as usage_weeks,
        count(*) * sum(week_number * active_users)
        - sum(week_number) * sum(active_users) as rise,
        count(*) * sum(week_number * week_number)
        - sum(week_number) * sum(week_number) as run
    from {{ ref('int_onboarding_weeks') }}
    group by project_id

),

final as (

    select
        projects.project_id,
        first_logins.first_login_date,
        cast(coalesce(trends.usage_weeks, 0) as integer) as usage_weeks,
        {{ ratio('trends.rise', 'trends.run') }} as usage_trend
    from projects
    left join first_logins
        on projects.project_id = first_logins.project_id
    left join trends
        on projects.project_id = trends.project_id

)

select * from final
