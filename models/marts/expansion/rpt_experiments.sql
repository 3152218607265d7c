-- One row per experiment and variant: conversion, and its lift over control.
-- Shares, not percent. An interval of lift that holds 0 proves no difference.
with

subjects as (

    select
        experiment_name,
        variant,
        is_converted,
        saw_several_variants,
        exposed_date
    from {{ ref('fct_experiment_subjects') }}

),

variants as (

    select
        experiment_name,
        variant,
        min(exposed_date) as first_exposed_date,
        max(exposed_date) as last_exposed_date,
        count(*) as subjects,
        count(*) filter (where is_converted) as conversions,
        count(*) filter (where saw_several_variants) as subjects_of_several_variants
    from subjects
    group by experiment_name, variant

),

variants_with_rate as (

    select
        *,
        {{ ratio('conversions', 'subjects') }} as conversion_rate,
        {{ wilson_bound('conversions', 'subjects', 'low') }} as conversion_rate_low,
        {{ wilson_bound('conversions', 'subjects', 'high') }} as conversion_rate_high
    from variants

),

controls as (

    select
        experiment_name,
        conversion_rate,
        conversion_rate_low,
        conversion_rate_high
    from variants_with_rate
    where variant = 'control'

),

final as (

    select
        variants.experiment_name,
        variants.variant,
        variants.first_exposed_date,
        variants.last_exposed_date,
        cast(variants.subjects as integer) as subjects,
        cast(variants.conversions as integer) as conversions,
        variants.conversion_rate,
        variants.conversion_rate_low,
        variants.conversion_rate_high,
        case
            when variants.variant <> 'control'
                then
                    cast(
                        variants.conversion_rate - controls.conversion_rate
                        as decimal(18, 6)
                    )
        end as lift,
        {%- for side in ['low', 'high'] %}
        case
            when variants.variant <> 'control'
                then {{ newcombe_bound(
                    'variants.conversion_rate',
                    'variants.conversion_rate_low',
                    'variants.conversion_rate_high',
                    'controls.conversion_rate',
                    'controls.conversion_rate_low',
                    'controls.conversion_rate_high',
                    side
                ) }}
        end as lift_{{ side }},
        {%- endfor %}
        case
            when variants.variant <> 'control' and controls.conversion_rate > 0
                then
                    cast(
                        cast(variants.conversion_rate as double)
                        / controls.conversion_rate
                        - 1 as decimal(18, 6)
                    )
        end as relative_lift,
        cast(variants.subjects_of_several_variants as integer)
            as subjects_of_several_variants
    from variants_with_rate as variants
    left join controls
        on variants.experiment_name = controls.experiment_name

)

select * from final
