{% macro divide_money(amount, numerator, denominator) -%}
    {{ return(adapter.dispatch('divide_money')(amount, numerator, denominator)) }}
{%- endmacro %}

{% macro default__divide_money(amount, numerator, denominator) -%}
    {#- Reduced by their common divisor first, so that 128 bits are enough. -#}
    {%- set cents = whole_number(amount, 2) -%}
    {%- set over = "cast(" ~ numerator ~ " as hugeint)" -%}
    {%- set under = "cast(" ~ denominator ~ " as hugeint)" -%}
    {%- set common = "nullif(gcd(" ~ over ~ ", " ~ under ~ "), 0)" -%}
    {%- set half = "abs(" ~ under ~ " // " ~ common ~ ")" -%}
    cast(
        sign({{ cents }}) * sign({{ over }}) * sign({{ under }})
        * (
            (2 * abs({{ cents }}) * abs({{ over }} // {{ common }}) + {{ half }})
            // nullif(2 * {{ half }}, 0)
        ) as decimal(38, 0)
    ) * cast(0.01 as decimal(3, 2))
{%- endmacro %}
