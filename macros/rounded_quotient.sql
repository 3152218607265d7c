{% macro rounded_quotient(sign, over, under, decimals) -%}
    {{ return(
        adapter.dispatch('rounded_quotient')(sign, over, under, decimals)
    ) }}
{%- endmacro %}
