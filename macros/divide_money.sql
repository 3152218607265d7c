{% macro divide_money(amount, numerator, denominator, decimals=2) -%}
    {{ return(
        adapter.dispatch('divide_money')(amount, numerator, denominator, decimals)
    ) }}
{%- endmacro %}
