{% macro ticket_types() -%}
    {{ return(['question', 'incident', 'bug', 'feature_request', 'billing']) }}
{%- endmacro %}
