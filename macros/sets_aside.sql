{% macro sets_aside(rule) -%}
    {{ rule }} not in (
        'unknown_account',
        'unknown_customer',
        'unknown_predecessor',
        'unknown_reference',
        'unknown_sku',
        'second_renewal'
    )
{%- endmacro %}
