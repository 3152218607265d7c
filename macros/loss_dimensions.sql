{% macro loss_dimensions() -%}
    {{ return([
        'total',
        'reason',
        'reason_category',
        'churn_type',
        'affectable_by_success',
        'movement_type',
        'timing',
        'driver',
        'product_line',
        'tenure_band',
    ]) }}
{%- endmacro %}
