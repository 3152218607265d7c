{% macro any_null(columns) -%}
    ({{ columns | join(' is null or ') }} is null)
{%- endmacro %}
