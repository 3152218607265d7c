{% macro default__rounded_quotient(sign, over, under, decimals) -%}
    cast(
        {{ sign }}
        * ((2 * {{ over }} + {{ under }}) // nullif(2 * {{ under }}, 0))
        as decimal(38, 0)
    ) * cast({{ '0.' ~ '0' * (decimals - 1) ~ '1' }} as decimal({{ decimals + 1 }}, {{ decimals }}))
{%- endmacro %}
