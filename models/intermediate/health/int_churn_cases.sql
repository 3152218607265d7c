-- One row per horizon, day and customer: what was known then, to learn from and judge.
-- Past quarter ends say what came of it; the as-of date does not (is_lost null).
with

past_cases as (

    select
        horizon_days,
        horizon_date,
        quarter_end,
        customer_id,
        health_day_number,
        is_lost,
        tenure_days
    from {{ ref('int_health_backtest_cases') }}

),

health_days as (

    select
        health_day_number,
        customer_id,
        health_date,
        segment,
        lifecycle_stage,
        cmrr
    from {{ ref('int_health_days') }}

),

first_days as (

    select
        customer_id,
        min(from_date) as first_cmrr_date
    from {{ ref('int_customer_segment_spells') }}
    where cmrr > 0
    group by customer_id

),

horizons as (

    select 90 as horizon_days

    union all

    select 180 as horizon_days

),

cases as (

    select *
    from past_cases

    union all

    select
        horizons.horizon_days,
        {{ add_days(as_of_date(), 'horizons.horizon_days') }} as horizon_date,
        {{ as_of_date() }} as quarter_end,
        health_days.customer_id,
        health_days.health_day_number,
        cast(null as boolean) as is_lost,
        {{ as_of_date() }} - first_days.first_cmrr_date as tenure_days
    from health_days
    inner join first_days
        on health_days.customer_id = first_days.customer_id
    cross join horizons
    where health_days.health_date = {{ as_of_date() }}

),

due_dates as (

    select
        health_day_number,
        next_due_date
    from {{ ref('int_health_due_dates') }}

),

scores as (

    select
        health_day_number,
        health_score
    from {{ ref('int_health_days_compared') }}

),

component_scores as (

    select
        {% for component in health_components() -%}
        max(component_score) filter (where component = '{{ component }}')
            as {{ component }},
        {% endfor -%}
        health_day_number
    from {{ ref('int_health_component_scores') }}
    group by health_day_number

),

final as (

    select
        cases.quarter_end as case_date,
        cases.horizon_days,
        cases.horizon_date,
        cases.customer_id,
        cases.health_day_number,
        health_days.segment,
        health_days.lifecycle_stage,
        cast(cases.tenure_days as integer) as tenure_days,
        cast(due_dates.next_due_date - cases.quarter_end as integer) as days_to_due,
        {% for component in health_components() -%}
        component_scores.{{ component }},
        {% endfor -%}
        scores.health_score,
        cases.is_lost
    from cases
    inner join health_days
        on cases.health_day_number = health_days.health_day_number
    inner join scores
        on cases.health_day_number = scores.health_day_number
    left join component_scores
        on cases.health_day_number = component_scores.health_day_number
    left join due_dates
        on cases.health_day_number = due_dates.health_day_number

)

select * from final
