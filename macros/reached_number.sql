{% macro reached_number() -%}
    {{ return(usage_builds().get(this.identifier, {}).get('change_number', 0)) }}
{%- endmacro %}
