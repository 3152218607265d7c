{% macro keeps_rows() -%}
    {%- if not execute -%}
        {%- do usage_builds() -%}
        {%- if this.identifier == 'base_product_usage__event_loads' -%}
            {%- do usage_settings() -%}
        {%- endif -%}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set builds = usage_builds() -%}
    {%- set loads = builds.get('base_product_usage__event_loads') -%}
    {%- if not loads or this.identifier not in builds -%}
        {{ return(false) }}
    {%- elif this.identifier == 'base_product_usage__event_loads' -%}
        {{ return(loads.settings == usage_settings()) }}
    {%- elif this.identifier in ['base_product_usage__event_parents', 'int_adoption_inputs'] -%}
        {#- They compare all they hold in every build. -#}
        {{ return(true) }}
    {%- endif -%}
    {{ return(builds[this.identifier].change_number >= loads.whole_number) }}
{%- endmacro %}
