{% macro ratio(numerator, denominator) -%}
    cast(
        {{ divide_money(
            1, whole_number(numerator, 2), whole_number(denominator, 2), decimals=6
        ) }} as decimal(18, 6)
    )
{%- endmacro %}
