{% macro duckdb__rows_hash(columns) -%}
    sum(hash({{ columns | join(', ') }}))
{%- endmacro %}
