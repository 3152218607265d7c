{% macro kpi_number(expression) -%}
    cast({{ expression }} as decimal(28, 6))
{%- endmacro %}
