{% macro fiscal_period_end(day, grain) -%}
    {%- set months = {'month': 1, 'quarter': 3, 'year': 12}[grain] -%}
    {%- set start = fiscal_period_start(day, grain) -%}
    {{ add_days('cast(' ~ start ~ ' + interval ' ~ months ~ ' month as date)', -1) }}
{%- endmacro %}
