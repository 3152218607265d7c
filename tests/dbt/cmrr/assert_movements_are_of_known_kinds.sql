-- Only these types, timings and drivers go together. A pair outside the list means
-- that a case was settled by a branch that was not made for it: it would sum, and
-- mislead. An upgrade at mid_term or lapse is a swap's surplus or a reduction that
-- ends.
with

known_kinds as (

    select
        kind.movement_type,
        kind.timing,
        kind.driver
    from (
        values
        {%- for types, timings, drivers in [
            (['new', 'reactivation'], ['signature'], ['product']),
            (['add_on', 'archive'], ['signature'], ['product', 'quantity']),
            (
                ['upgrade', 'downgrade', 'archive'],
                ['renewal', 'ramp'],
                ['product', 'quantity', 'list_price', 'discount'],
            ),
            (
                ['upgrade', 'downgrade', 'archive'],
                ['mid_term', 'lapse'],
                ['product', 'quantity'],
            ),
            (['cancellation'], ['renewal', 'ramp', 'mid_term', 'lapse'], ['product']),
            (['swap'], ['renewal', 'ramp', 'mid_term'], ['product']),
            (['currency'], ['renewal', 'ramp'], ['currency']),
        ] %}
        {%- set is_last_group = loop.last %}
        {%- for type in types %}
        {%- set is_last_type = is_last_group and loop.last %}
        {%- for timing in timings %}
        {%- set is_last_timing = is_last_type and loop.last %}
        {%- for driver in drivers %}
        ('{{ type }}', '{{ timing }}', '{{ driver }}')
        {%- if not (is_last_timing and loop.last) %},{% endif %}
        {%- endfor %}
        {%- endfor %}
        {%- endfor %}
        {%- endfor %}
    ) as kind (movement_type, timing, driver)

),

movements as (

    select
        movement_id,
        movement_type,
        timing,
        driver,
        amount
    from {{ ref('fct_cmrr_movements') }}

)

select
    movements.movement_id,
    movements.movement_type,
    movements.timing,
    movements.driver,
    movements.amount
from movements
left join known_kinds
    on
        movements.movement_type = known_kinds.movement_type
        and movements.timing = known_kinds.timing
        and movements.driver = known_kinds.driver
where known_kinds.movement_type is null
