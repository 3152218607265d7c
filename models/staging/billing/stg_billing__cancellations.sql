-- One row per key of billing.cancellations whose current version stands.
with

final as (

    select
        cancellation_id,
        contract_id,
        sku,
        notified_at,
        effective_date,
        reason_code,
        comment,
        updated_at,
        is_deleted,
        {{ local_date('notified_at') }} as notified_date,
        loaded_at
    from {{ ref('base_billing__cancellations') }}
    where row_status = 'current'

)

select * from final
