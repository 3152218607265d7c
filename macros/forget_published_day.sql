{% macro forget_published_day() -%}
    {%- if load_relation(this) is not none -%}
        delete from {{ this }} where published_on = {{ as_of_date() }} and {{ is_newest_day() }}
    {%- endif -%}
{%- endmacro %}
