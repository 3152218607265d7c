{% macro minimum_evaluated_losses() -%}
    20
{%- endmacro %}
