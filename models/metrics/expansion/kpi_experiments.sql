-- One row per period in which an experiment was last seen, and variant, with control's
-- figures beside its own.
with

variants as (

    select
        experiment_name,
        variant,
        subjects,
        conversions,
        conversion_rate_low,
        conversion_rate_high,
        lift_low,
        lift_high,
        cast(
            date_trunc(
                'month', max(last_exposed_date) over (partition by experiment_name)
            ) as date
        ) as month
    from {{ ref('rpt_experiments') }}

),

months as (

    select
        period_grain,
        period_start,
        month
    from {{ ref('kpi_months') }}

),

final as (

    select
        months.period_grain,
        months.period_start,
        'experiment_variant' as dimension_name,
        variants.experiment_name || ' / ' || variants.variant as dimension_value,
        variants.subjects,
        variants.conversions,
        variants.conversion_rate_low,
        variants.conversion_rate_high,
        controls.subjects as control_subjects,
        controls.conversions as control_conversions,
        variants.lift_low,
        variants.lift_high
    from variants
    inner join months
        on variants.month = months.month
    left join variants as controls
        on
            variants.experiment_name = controls.experiment_name
            and variants.variant <> 'control'
            and controls.variant = 'control'

)

select * from final
