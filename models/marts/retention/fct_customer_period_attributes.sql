-- One row per period and customer with CMRR or a movement: its attributes as they were
-- when the period began (no CMRR then: on the first day that moved), and at its end.
{%- set columns = customer_dimensions().values() | list %}

with

customer_periods as (

    select
        period_grain,
        period_start,
        period_end,
        customer_id,
        beginning_cmrr
    from {{ ref('fct_cmrr_customer_periods') }}

),

movement_days as (

    select
        customer_id,
        movement_date
    from {{ ref('fct_cmrr_movements') }}
    group by customer_id, movement_date

),

customer_history as (

    select
        customer_id,
        {{ columns | join(',\n        ') }},
        valid_from_date,
        valid_to_date
    from {{ ref('dim_customer_history') }}

),

first_movements as (

    select
        customer_periods.period_grain,
        customer_periods.period_start,
        customer_periods.customer_id,
        min(movement_days.movement_date) as first_movement_date
    from customer_periods
    inner join movement_days
        on
            customer_periods.customer_id = movement_days.customer_id
            and movement_days.movement_date
            between customer_periods.period_start and customer_periods.period_end
    where customer_periods.beginning_cmrr = 0
    group by
        customer_periods.period_grain,
        customer_periods.period_start,
        customer_periods.customer_id

),

valued_periods as (

    select
        customer_periods.period_grain,
        customer_periods.period_start,
        customer_periods.customer_id,
        coalesce(
            first_movements.first_movement_date,
            {{ add_days('customer_periods.period_start', -1) }}
        ) as as_it_was_date,
        customer_periods.period_end
    from customer_periods
    left join first_movements
        on
            customer_periods.period_grain = first_movements.period_grain
            and customer_periods.period_start = first_movements.period_start
            and customer_periods.customer_id = first_movements.customer_id

),

final as (

    select
        valued_periods.period_grain,
        valued_periods.period_start,
        valued_periods.customer_id,
        {%- for column in columns %}
        earlier.{{ column }},
        {%- endfor %}
        {%- for column in columns %}
        later.{{ column }} as {{ column }}_at_end,
        {%- endfor %}
        valued_periods.as_it_was_date
    from valued_periods
    inner join customer_history as earlier
        on
            valued_periods.customer_id = earlier.customer_id
            and valued_periods.as_it_was_date >= earlier.valid_from_date
            and (
                valued_periods.as_it_was_date < earlier.valid_to_date
                or earlier.valid_to_date is null
            )
    inner join customer_history as later
        on
            valued_periods.customer_id = later.customer_id
            and valued_periods.period_end >= later.valid_from_date
            and (
                valued_periods.period_end < later.valid_to_date
                or later.valid_to_date is null
            )

)

select * from final
