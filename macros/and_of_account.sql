{% macro and_of_account(account_id) -%}
    {%- if keeps_rows() %}
            and {{ account_id }} = months.account_id
    {%- endif -%}
{%- endmacro %}
