-- One row per key of crm.quotas whose current version stands.
with

final as (

    select
        user_id,
        quota_type,
        period_start,
        period_end,
        amount,
        loaded_at
    from {{ ref('base_crm__quotas') }}
    where row_status = 'current'

)

select * from final
