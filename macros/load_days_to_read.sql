{% macro load_days_to_read() -%}
    {%- if not execute -%}
        {%- do ref('base_product_usage__event_loads') -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set found = run_query(
        'select load_day from ' ~ ref('base_product_usage__event_loads')
        ~ ' where change_number > ' ~ reached_number()
        ~ ' order by load_day'
    ) -%}
    {{ return(found.columns[0].values() | map('string') | list) }}
{%- endmacro %}
