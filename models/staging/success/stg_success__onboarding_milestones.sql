-- One row per key of success.onboarding_milestones whose current version stands.
with

final as (

    select
        milestone_id,
        project_id,
        milestone_type,
        planned_date,
        completed_at,
        first_decision,
        decided_at,
        updated_at,
        loaded_at
    from {{ ref('base_success__onboarding_milestones') }}
    where row_status = 'current'

)

select * from final
