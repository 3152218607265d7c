{% macro wilson_bound(successes, total, side) -%}
    {%- set share = "(cast(" ~ successes ~ " as double) / nullif(" ~ total ~ ", 0))" -%}
    {%- set z = "1.959963984540054" -%}
    cast(
        round(
            (
                {{ share }} + {{ z }} * {{ z }} / (2 * nullif({{ total }}, 0))
                {{ '-' if side == 'low' else '+' }} {{ z }} * sqrt(
                    {{ share }} * (1 - {{ share }}) / nullif({{ total }}, 0)
                    + {{ z }} * {{ z }} / (4 * power(nullif({{ total }}, 0), 2))
                )
            ) / (1 + {{ z }} * {{ z }} / nullif({{ total }}, 0)),
            6
        ) as decimal(18, 6)
    )
{%- endmacro %}
