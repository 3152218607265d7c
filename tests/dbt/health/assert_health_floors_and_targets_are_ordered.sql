-- Where more is better the target lies above the floor, where less is better below it;
-- equal ones would divide by nothing. Only measures that the models have may be named.
select
    segment,
    measure,
    direction,
    floor_value,
    target_value,
    valid_from,
    'health_measures: floor and target not ordered, or no such measure'
        as what_is_wrong
from {{ ref('health_measures') }}
where
    (direction = 'up' and target_value <= floor_value)
    or (direction = 'down' and target_value >= floor_value)
    or measure not in (
        {% for measure in health_measures() -%}
        '{{ measure }}' {%- if not loop.last %},{% endif %}
        {% endfor -%}
    )
