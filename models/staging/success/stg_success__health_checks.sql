-- One row per key of success.health_checks whose current version stands.
with

final as (

    select
        health_check_id,
        account_id,
        csm_user_id,
        scheduled_date,
        completed_at,
        updated_at,
        loaded_at
    from {{ ref('base_success__health_checks') }}
    where row_status = 'current'

)

select * from final
