{% macro default__score_of(numerator, denominator) -%}
    cast(
        cast(
            (2 * ({{ numerator }}) + ({{ denominator }})) // nullif(2 * ({{ denominator }}), 0)
            as decimal(18, 0)
        ) * cast(0.01 as decimal(3, 2)) as decimal(9, 2)
    )
{%- endmacro %}
