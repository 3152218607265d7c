-- One row per key of product_usage.service_levels whose current version stands.
with

final as (

    select
        account_id,
        measured_month,
        sla_name,
        target_value,
        actual_value,
        loaded_at
    from {{ ref('base_product_usage__service_levels') }}
    where row_status = 'current'

)

select * from final
