{% macro whole_number(value, decimals) -%}
    cast(cast({{ value }} as decimal(38, {{ decimals }})) * {{ 10 ** decimals }} as hugeint)
{%- endmacro %}
