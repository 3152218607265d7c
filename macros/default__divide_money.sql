{% macro default__divide_money(amount, numerator, denominator, decimals) -%}
    {#- Reduced by their common divisor first, so that 128 bits are enough. -#}
    {%- set whole = whole_number(amount, decimals) -%}
    {%- set over = "cast(" ~ numerator ~ " as hugeint)" -%}
    {%- set under = "cast(" ~ denominator ~ " as hugeint)" -%}
    {%- set common = "nullif(gcd(" ~ over ~ ", " ~ under ~ "), 0)" -%}
    {{ rounded_quotient(
        "sign(" ~ whole ~ ") * sign(" ~ over ~ ") * sign(" ~ under ~ ")",
        "abs(" ~ whole ~ ") * abs(" ~ over ~ " // " ~ common ~ ")",
        "abs(" ~ under ~ " // " ~ common ~ ")",
        decimals
    ) }}
{%- endmacro %}
