{% macro reached_number() -%}
    {{ return(usage_builds()[this.identifier].change_number if execute else 0) }}
{%- endmacro %}
