{% macro renewal_effects() -%}
    {{ return([
        'product_effect',
        'quantity_effect',
        'list_price_effect',
        'discount_effect',
        'currency_effect',
        'swap_effect',
    ]) }}
{%- endmacro %}
