{% macro median_of(value) -%}
    {#- In whole hundredths, so that the half between two of them is exact. -#}
    cast(
        cast(
            round(
                percentile_cont(0.5) within group (order by cast({{ value }} * 100 as bigint))
            ) as decimal(18, 0)
        ) * 0.01 as decimal(18, 2)
    )
{%- endmacro %}
