{% macro is_close_known(loaded_at_column) -%}
    ({{ is_known(loaded_at_column) }}
    {%- if var('closes_known_by', none) %}
    or {{ local_date(loaded_at_column) }} <= cast('{{ var("closes_known_by") }}' as date)
    {%- endif %})
{%- endmacro %}
