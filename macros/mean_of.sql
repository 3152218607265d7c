{% macro mean_of(value) -%}
    cast({{ quotient('sum(' ~ value ~ ')', 'count(' ~ value ~ ')', 2) }} as decimal(18, 2))
{%- endmacro %}
