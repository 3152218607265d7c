{% macro quotient(numerator, denominator, decimals) -%}
    {{ divide_money(
        1, whole_number(numerator, 4), whole_number(denominator, 4), decimals=decimals
    ) }}
{%- endmacro %}
