{% macro row_json(columns) -%}
    {{ return(adapter.dispatch('row_json')(columns)) }}
{%- endmacro %}
