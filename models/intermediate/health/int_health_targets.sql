-- One row per component, segment and health date: a fingerprint of the floors and
-- targets that hold on that day. Two days with the same fingerprint score alike.
with

health_dates as (

    select health_date
    from {{ ref('int_health_days') }}
    group by health_date

),

rules as (

    select
        component,
        measure,
        segment,
        direction,
        floor_value,
        target_value,
        valid_from,
        valid_to
    from {{ ref('health_measures') }}

),

final as (

    select
        health_dates.health_date,
        rules.component,
        rules.segment,
        md5({{ dbt.listagg(
            surrogate_key([
                'rules.measure', 'rules.direction', 'rules.floor_value', 'rules.target_value'
            ]),
            "''",
            'order by rules.measure'
        ) }}) as targets_hash
    from health_dates
    inner join rules
        on
            health_dates.health_date >= rules.valid_from
            and (health_dates.health_date < rules.valid_to or rules.valid_to is null)
    group by health_dates.health_date, rules.component, rules.segment

)

select * from final
