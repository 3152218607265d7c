{% macro quotient(numerator, denominator, decimals) -%}
    {#- divide_money without its reduction: amounts below 10^27 stay within 128 bits anyway. -#}
    {%- set over = whole_number(numerator, 4) -%}
    {%- set under = whole_number(denominator, 4) -%}
    cast(
        sign({{ over }}) * sign({{ under }})
        * (
            ({{ 2 * 10 ** decimals }} * abs({{ over }}) + abs({{ under }}))
            // nullif(2 * abs({{ under }}), 0)
        ) as decimal(38, 0)
    ) * cast({{ '0.' ~ '0' * (decimals - 1) ~ '1' }} as decimal({{ decimals + 1 }}, {{ decimals }}))
{%- endmacro %}
