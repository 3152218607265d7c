{% macro bridge_columns() -%}
    {%- set columns = ['beginning_cmrr'] -%}
    {%- for type in movement_types() -%}
        {%- do columns.append(type ~ '_cmrr') -%}
    {%- endfor -%}
    {{ return(columns + ['ending_cmrr']) }}
{%- endmacro %}
