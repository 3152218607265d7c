-- One row per key of billing.orders whose current version stands.
with

final as (

    select
        order_id,
        contract_id,
        opportunity_id,
        order_type,
        signed_at,
        created_at,
        updated_at,
        is_deleted,
        {{ local_date('signed_at') }} as signed_date,
        loaded_at
    from {{ ref('base_billing__orders') }}
    where row_status = 'current'

)

select * from final
