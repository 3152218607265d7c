-- One row per health day and measure with a value: its score from 0 to 100.
-- The floor scores 0 and the target 100, straight between them and no further beyond.
with

measures as (

    select *
    from {{ ref('int_health_measures') }}

),

rules as (

    select
        component,
        measure,
        segment,
        floor_value,
        target_value,
        valid_from,
        valid_to
    from {{ ref('health_measures') }}

),

valued as (

    select
        measures.health_day_number,
        rules.component,
        rules.measure,
        cast(rules.floor_value as double) as floor_value,
        cast(rules.target_value as double) as target_value,
        case rules.measure
            {% for measure in health_measures() -%}
            when '{{ measure }}' then cast(measures.{{ measure }} as double)
            {% endfor -%}
        end as measure_value
    from measures
    inner join rules
        on
            measures.segment = rules.segment
            and measures.health_date >= rules.valid_from
            and (measures.health_date < rules.valid_to or rules.valid_to is null)

),

final as (

    select
        health_day_number,
        component,
        measure,
        cast(round(measure_value, 4) as decimal(18, 4)) as measure_value,
        cast(
            round(
                100 * greatest(
                    least(
                        (measure_value - floor_value) / (target_value - floor_value), 1
                    ),
                    0
                ),
                2
            ) as decimal(9, 2)
        ) as measure_score
    from valued
    where measure_value is not null

)

select * from final
