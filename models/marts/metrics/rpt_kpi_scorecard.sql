-- One row per benchmark and slice: the newest period that is over against its bounds.
with

final as (

    select
        target_id,
        metric,
        kpi,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        value,
        sample_size,
        at_least,
        at_most,
        best,
        rating,
        source
    from {{ ref('kpi_target_values') }}
    where is_benchmark and is_newest

)

select * from final
