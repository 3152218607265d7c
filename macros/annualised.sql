{% macro annualised(rate, periods_a_year) -%}
    cast(
        round(1 - power(1 - cast({{ rate }} as double), {{ periods_a_year }}), 6)
        as decimal(18, 6)
    )
{%- endmacro %}
