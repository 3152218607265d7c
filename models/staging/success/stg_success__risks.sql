-- One row per key of success.risks whose current version stands.
with

final as (

    select
        risk_id,
        account_id,
        raised_by,
        risk_level,
        reason_code,
        comment,
        action_plan,
        intention,
        opened_at,
        resolved_at,
        resolution,
        updated_at,
        loaded_at
    from {{ ref('base_success__risks') }}
    where row_status = 'current'

)

select * from final
