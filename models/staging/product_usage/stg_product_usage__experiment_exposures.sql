-- One row per key of product_usage.experiment_exposures whose current version stands.
with

final as (

    select
        exposure_id,
        experiment_name,
        variant,
        end_user_id,
        exposed_at,
        converted_at,
        loaded_at
    from {{ ref('base_product_usage__experiment_exposures') }}
    where row_status = 'current'

)

select * from final
