{% macro cmrr_parts() -%}
    {{ return([
        'cmrr',
        'recognised_mrr',
        'booked_not_live',
        'held_over',
        'notice_not_effective',
        'unsigned_in_service',
    ]) }}
{%- endmacro %}
