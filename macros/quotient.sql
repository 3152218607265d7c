{% macro quotient(numerator, denominator, decimals) -%}
    {%- set over = whole_number(numerator, 4) -%}
    {%- set under = whole_number(denominator, 4) -%}
    {{ rounded_quotient(
        "sign(" ~ over ~ ") * sign(" ~ under ~ ")",
        10 ** decimals ~ " * abs(" ~ over ~ ")",
        "abs(" ~ under ~ ")",
        decimals
    ) }}
{%- endmacro %}
