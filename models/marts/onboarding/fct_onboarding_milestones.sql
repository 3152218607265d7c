-- One row per milestone of an onboarding project, as it is on the as-of date.
-- On-time rate: on time of those that are due; go rate: go of those that were decided.
with

milestones as (

    select
        milestone_id,
        project_id,
        milestone_type,
        planned_date,
        completed_at,
        first_decision,
        decided_at,
        {{ local_date('completed_at') }} as completed_date,
        {{ local_date('decided_at') }} as decided_date
    from {{ ref('stg_success__onboarding_milestones') }}

),

projects as (

    select
        project_id,
        customer_id
    from {{ ref('int_onboarding_projects') }}

),

known_milestones as (

    select
        milestones.milestone_id,
        milestones.project_id,
        projects.customer_id,
        milestones.milestone_type,
        milestones.planned_date,
        case
            when milestones.completed_date <= {{ as_of_date() }}
                then milestones.completed_at
        end as completed_at,
        case
            when milestones.completed_date <= {{ as_of_date() }}
                then milestones.completed_date
        end as completed_date,
        case
            when milestones.decided_date <= {{ as_of_date() }}
                then milestones.first_decision
        end as first_decision,
        case
            when milestones.decided_date <= {{ as_of_date() }}
                then milestones.decided_at
        end as decided_at,
        case
            when milestones.decided_date <= {{ as_of_date() }}
                then milestones.decided_date
        end as decided_date
    from milestones
    inner join projects
        on milestones.project_id = projects.project_id

),

final as (

    select
        milestone_id,
        project_id,
        customer_id,
        milestone_type,
        first_decision,
        cast(completed_date - planned_date as integer) as days_late,
        case
            when completed_date is null and planned_date < {{ as_of_date() }}
                then cast({{ as_of_date() }} - planned_date as integer)
        end as days_overdue,
        completed_date is not null as is_completed,
        planned_date <= {{ as_of_date() }} as is_due,
        coalesce(completed_date <= planned_date, false) as is_on_time,
        first_decision is not null as is_decided,
        coalesce(first_decision = 'go', false) as is_go,
        planned_date,
        completed_date,
        decided_date,
        completed_at,
        decided_at
    from known_milestones

)

select * from final
