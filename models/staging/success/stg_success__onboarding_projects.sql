-- One row per key of success.onboarding_projects whose current version stands.
with

final as (

    select
        project_id,
        account_id,
        contract_id,
        success_measures_agreed_at,
        planned_go_live_date,
        went_live_at,
        first_value_at,
        updated_at,
        loaded_at
    from {{ ref('base_success__onboarding_projects') }}
    where row_status = 'current'

)

select * from final
