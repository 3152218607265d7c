{% macro duckdb__snapshot_get_time() -%}
    cast({{ as_of_date() }} as timestamp)
{%- endmacro %}
