{% macro is_month_of(account_id) -%}
    {{ return(account_id ~ ' = months.account_id' if keeps_rows() else 'true') }}
{%- endmacro %}
