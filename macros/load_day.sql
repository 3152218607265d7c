{% macro load_day() -%}
    coalesce({{ local_date('loaded_at') }}, cast('1900-01-01' as date))
{%- endmacro %}
