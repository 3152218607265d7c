{% macro is_known(loaded_at_column) -%}
    ({{ loaded_at_column }} is null or {{ local_date(loaded_at_column) }} <= {{ as_of_date() }})
{%- endmacro %}
