{% macro is_product_use(feature_name) -%}
    {{ feature_name }} <> 'login'
{%- endmacro %}
