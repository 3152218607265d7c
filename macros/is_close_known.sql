{% macro is_close_known(loaded_at_column) -%}
    {%- set known_by = var('closes_known_by', none)
        or (env_var('TENURE_CLOSES_KNOWN_BY', '') if execute else '') -%}
    ({{ is_known(loaded_at_column) }}
    {%- if known_by %}
    or {{ local_date(loaded_at_column) }} <= cast('{{ known_by }}' as date)
    {%- endif %})
{%- endmacro %}
