{% macro next_change_number() -%}
    {{ return((usage_builds().values() | map(attribute='change_number') | max or 0) + 1) }}
{%- endmacro %}
