{% macro customer_dimensions() -%}
    {{ return({
        'segment': 'segment',
        'csm': 'csm_user_id',
        'industry': 'industry',
        'employee_band': 'employee_band',
        'country': 'country',
        'region': 'region',
        'sales_channel': 'sales_channel',
        'parent': 'group_customer_id',
    }) }}
{%- endmacro %}
