-- One row per onboarding project, as it is on the as-of date; what lies later is null.
-- Deployment, login and activation count from the contract's start, all else from the
-- clock.
with

projects as (

    select *
    from {{ ref('int_onboarding_projects') }}

),

milestones as (

    select
        project_id,
        count(*) as milestones,
        count(*) filter (where is_completed) as milestones_completed,
        max(completed_date) as last_completed_date,
        greatest(max(completed_date), max(decided_date)) as last_moved_date
    from {{ ref('fct_onboarding_milestones') }}
    group by project_id

),

usage as (

    select
        project_id,
        first_login_date,
        usage_weeks,
        usage_trend
    from {{ ref('int_onboarding_usage') }}

),

licences as (

    select
        {%- for days in [30, 60] %}
        max(licences_purchased) filter (where checkpoint_days = {{ days }})
            as licences_purchased_{{ days }}_days,
        max(licences_activated) filter (where checkpoint_days = {{ days }})
            as licences_activated_{{ days }}_days,
        {%- endfor %}
        project_id
    from {{ ref('int_onboarding_licences') }}
    group by project_id

),

first_targets as (

    select
        projects.project_id,
        min({{ local_date('measures.target_met_at') }}) as first_target_met_date
    from projects
    inner join {{ ref('fct_success_measures') }} as measures
        on projects.customer_id = measures.customer_id
    where {{ local_date('measures.target_met_at') }} >= projects.clock_started_date
    group by projects.project_id

),

customers as (

    select
        customer_id,
        segment,
        is_active
    from {{ ref('dim_customers') }}

),

projects_with_state as (

    select
        projects.*,
        customers.segment,
        usage.first_login_date,
        usage.usage_weeks,
        usage.usage_trend,
        {%- for days in [30, 60] %}
        licences.licences_purchased_{{ days }}_days,
        licences.licences_activated_{{ days }}_days,
        {%- endfor %}
        first_targets.first_target_met_date,
        coalesce(milestones.milestones, 0) as milestones,
        coalesce(milestones.milestones_completed, 0) as milestones_completed,
        case
            when milestones.milestones = milestones.milestones_completed
                then milestones.last_completed_date
        end as completed_date,
        case
            when projects.went_live_date is not null then 'live'
            when not customers.is_active then 'lost'
            when projects.clock_started_date is null then 'not_started'
            else 'in_progress'
        end as project_status,
        coalesce(
            milestones.last_moved_date,
            projects.clock_started_date,
            projects.contract_start_date
        ) as last_moved_date
    from projects
    left join milestones
        on projects.project_id = milestones.project_id
    left join usage
        on projects.project_id = usage.project_id
    left join licences
        on projects.project_id = licences.project_id
    left join first_targets
        on projects.project_id = first_targets.project_id
    left join customers
        on projects.customer_id = customers.customer_id

),

projects_with_delays as (

    select
        *,
        case
            when
                project_status in ('not_started', 'in_progress')
                and last_moved_date <= {{ as_of_date() }}
                then cast({{ as_of_date() }} - last_moved_date as integer)
        end as days_since_moved,
        case
            when
                project_status in ('not_started', 'in_progress')
                and planned_go_live_date < {{ as_of_date() }}
                then cast({{ as_of_date() }} - planned_go_live_date as integer)
        end as days_past_plan,
        cast(completed_date - clock_started_date as integer) as days_to_complete
    from projects_with_state

),

final as (

    select
        project_id,
        customer_id,
        contract_id,
        segment,
        project_status,
        clock_started_at,
        planned_go_live_date,
        went_live_at,
        cast(went_live_date - contract_start_date as integer) as days_to_go_live,
        cast(planned_go_live_date - contract_start_date as integer)
            as planned_days_to_go_live,
        cast(went_live_date - planned_go_live_date as integer) as days_late,
        days_past_plan,
        cast(first_login_date - contract_start_date as integer) as days_to_first_login,
        cast(first_value_date - clock_started_date as integer) as days_to_first_value,
        cast(first_target_met_date - clock_started_date as integer) as days_to_value,
        days_to_complete,
        days_since_moved,
        greatest(
            case when days_since_moved >= 30 then days_since_moved end,
            days_past_plan
        ) as days_stalled,
        cast(milestones as integer) as milestones,
        cast(milestones_completed as integer) as milestones_completed,
        {%- for days in [30, 60] %}
        licences_purchased_{{ days }}_days,
        licences_activated_{{ days }}_days,
        {{ ratio(
            'licences_activated_' ~ days ~ '_days', 'licences_purchased_' ~ days ~ '_days'
        ) }} as activated_share_{{ days }}_days,
        {%- endfor %}
        usage_weeks,
        usage_trend,
        clock_started_date is not null as is_started,
        completed_date is not null as is_complete,
        {%- for days in [30, 60] %}
        coalesce(days_to_complete <= {{ days }}, false)
            as is_complete_within_{{ days }}_days,
        {%- endfor %}
        went_live_date is not null
        or planned_go_live_date <= {{ as_of_date() }} as is_plan_due,
        coalesce(went_live_date <= planned_go_live_date, false) as is_on_plan,
        coalesce(days_since_moved >= 30 or days_past_plan > 0, false) as is_stalled,
        contract_start_date,
        clock_started_date,
        first_login_date,
        first_value_at,
        first_target_met_date,
        completed_date
    from projects_with_delays

)

select * from final
