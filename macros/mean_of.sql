{% macro mean_of(value) -%}
    cast(
        {{ divide_money(1, 'sum(' ~ value ~ ')', 'count(' ~ value ~ ')') }} as decimal(18, 2)
    )
{%- endmacro %}
