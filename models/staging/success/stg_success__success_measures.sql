-- One row per key of success.success_measures whose current version stands.
with

final as (

    select
        measure_id,
        account_id,
        measure_name,
        unit,
        baseline_value,
        target_value,
        actual_value,
        annual_value,
        measured_at,
        target_met_at,
        updated_at,
        loaded_at
    from {{ ref('base_success__success_measures') }}
    where row_status = 'current'

)

select * from final
