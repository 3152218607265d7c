-- One row per accepted row of product_usage.service_levels: the current version of its key.
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
