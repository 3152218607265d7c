{% macro rows_hash(columns) -%}
    cast({{ adapter.dispatch('rows_hash')(columns) }} as varchar)
{%- endmacro %}
