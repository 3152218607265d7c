{% macro deleted_text() -%}
deleted
{%- endmacro %}
