{% macro health_components() -%}
    {{ return([
        'product_adoption',
        'support',
        'surveys',
        'marketing_engagement',
        'community',
        'advocacy',
        'contract_growth',
        'self_sufficiency',
        'payment_history',
        'executive_relationship',
    ]) }}
{%- endmacro %}
