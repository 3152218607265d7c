{% macro ratio(numerator, denominator) -%}
    cast({{ quotient(numerator, denominator, 6) }} as decimal(18, 6))
{%- endmacro %}
