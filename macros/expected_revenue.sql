{% macro expected_revenue(monthly_amount, annual_amount, days_in_service, days_in_month) -%}
    {%- set method = var('revenue_recognition') -%}
    {%- if method == 'monthly_even' -%}
        {{ return(divide_money(monthly_amount, days_in_service, days_in_month)) }}
    {%- elif method == 'daily_365' -%}
        {{ return(divide_money(annual_amount, days_in_service, 365)) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error(
            "revenue_recognition is '" ~ method ~ "': monthly_even or daily_365."
        ) }}
    {%- endif -%}
{%- endmacro %}
