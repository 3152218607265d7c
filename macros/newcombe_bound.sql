{% macro newcombe_bound(share, low, high, base_share, base_low, base_high, side) -%}
    {#- Newcombe's hybrid score: the Wilson bounds of both shares, squared and added. -#}
    {%- set own = "(" ~ share ~ " - " ~ (low if side == 'low' else high) ~ ")" -%}
    {%- set other = "(" ~ base_share ~ " - " ~ (base_high if side == 'low' else base_low) ~ ")" -%}
    cast(
        round(
            {{ share }} - {{ base_share }} {{ '-' if side == 'low' else '+' }} sqrt(
                power(cast({{ own }} as double), 2) + power(cast({{ other }} as double), 2)
            ),
            6
        ) as decimal(18, 6)
    )
{%- endmacro %}
