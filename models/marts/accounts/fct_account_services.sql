-- One row per customer as of today: what it uses, how far its newest onboarding is,
-- what it reached and which tickets wait. Null use: nothing was measured.
with

customers as (

    select
        customer_id,
        recognised_mrr
    from {{ ref('dim_customers') }}

),

adoption as (

    select
        customer_id,
        licences_purchased,
        licence_utilisation,
        active_users,
        usage_change_28_days,
        usage_change_year
    from {{ ref('fct_adoption_months') }}
    where month = cast(date_trunc('month', {{ as_of_date() }}) as date)

),

-- A project still under way comes before one that is over, then the newest.
projects as (

    select
        customer_id,
        project_status,
        planned_go_live_date,
        {{ local_date('went_live_at') }} as went_live_date,
        days_past_plan,
        milestones,
        milestones_completed,
        is_stalled,
        row_number() over (
            partition by customer_id
            order by
                case
                    when project_status in ('not_started', 'in_progress') then 1
                    else 2
                end,
                contract_start_date desc,
                project_id desc
        ) as project_number
    from {{ ref('fct_onboarding') }}

),

measures as (

    select
        customer_id,
        count(*) as measures_agreed,
        count(*) filter (where is_met) as measures_met,
        sum(annual_value) as annual_value
    from {{ ref('fct_success_measures') }}
    group by customer_id

),

tickets as (

    select
        customer_id,
        count(*) as open_tickets,
        count(*) filter (where is_escalated) as open_escalated_tickets,
        max(days_unresolved) as oldest_open_ticket_days
    from {{ ref('fct_tickets') }}
    where is_open
    group by customer_id

),

final as (

    select
        customers.customer_id,
        cast(coalesce(adoption.licences_purchased, 0) as decimal(18, 2))
            as licences_purchased,
        adoption.licence_utilisation,
        cast(coalesce(adoption.active_users, 0) as integer) as active_users,
        adoption.usage_change_28_days,
        adoption.usage_change_year,
        projects.project_status as onboarding_status,
        projects.planned_go_live_date,
        projects.went_live_date,
        projects.days_past_plan as onboarding_days_past_plan,
        projects.milestones as onboarding_milestones,
        projects.milestones_completed as onboarding_milestones_completed,
        coalesce(projects.is_stalled, false) as is_onboarding_stalled,
        cast(coalesce(measures.measures_agreed, 0) as integer) as measures_agreed,
        cast(coalesce(measures.measures_met, 0) as integer) as measures_met,
        cast(measures.annual_value as decimal(18, 2)) as annual_value,
        {{ ratio('measures.annual_value', '12 * customers.recognised_mrr') }}
            as customer_roi,
        cast(coalesce(tickets.open_tickets, 0) as integer) as open_tickets,
        cast(coalesce(tickets.open_escalated_tickets, 0) as integer)
            as open_escalated_tickets,
        cast(tickets.oldest_open_ticket_days as integer) as oldest_open_ticket_days
    from customers
    left join adoption
        on customers.customer_id = adoption.customer_id
    left join projects
        on
            customers.customer_id = projects.customer_id
            and projects.project_number = 1
    left join measures
        on customers.customer_id = measures.customer_id
    left join tickets
        on customers.customer_id = tickets.customer_id

)

select * from final
