{% macro normal_bound(estimate, variance, side) -%}
    {#- The variance of identical answers is zero, which floating point may miss by a hair. -#}
    cast(
        round(
            cast({{ estimate }} as double)
            {{ '-' if side == 'low' else '+' }} 1.959963984540054
            * sqrt(greatest(cast({{ variance }} as double), 0)),
            6
        ) as decimal(18, 6)
    )
{%- endmacro %}
