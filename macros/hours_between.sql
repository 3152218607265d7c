{% macro hours_between(from_at, to_at) -%}
    {%- set seconds = "cast(floor(extract(epoch from (" ~ to_at ~ " - " ~ from_at ~ "))) as bigint)" -%}
    cast({{ divide_money(1, seconds, 3600) }} as decimal(18, 2))
{%- endmacro %}
