{% macro default__divide_money(amount, numerator, denominator, decimals) -%}
    {#- Reduced by their common divisor first, so that 128 bits are enough. -#}
    {%- set whole = whole_number(amount, decimals) -%}
    {%- set over = "cast(" ~ numerator ~ " as hugeint)" -%}
    {%- set under = "cast(" ~ denominator ~ " as hugeint)" -%}
    {%- set common = "nullif(gcd(" ~ over ~ ", " ~ under ~ "), 0)" -%}
    {%- set part = "abs(" ~ under ~ " // " ~ common ~ ")" -%}
    cast(
        sign({{ whole }}) * sign({{ over }}) * sign({{ under }})
        * (
            (2 * abs({{ whole }}) * abs({{ over }} // {{ common }}) + {{ part }})
            // nullif(2 * {{ part }}, 0)
        ) as decimal(38, 0)
    ) * cast({{ '0.' ~ '0' * (decimals - 1) ~ '1' }} as decimal({{ decimals + 1 }}, {{ decimals }}))
{%- endmacro %}
