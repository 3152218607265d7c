{% macro planned_since(plan) -%}
    {#- The oldest build that a model which this plan serves was brought up to. -#}
    {%- set builds = usage_builds() -%}
    {%- set whole_number = builds.get('base_product_usage__event_loads', {}).get('whole_number', 0) -%}
    {%- set reached = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() -%}
            {%- if (node.config.get('meta') or {}).get('redo', {}).get('plan') == plan
                and builds.get(node.name, {}).get('change_number', -1) >= whole_number -%}
                {%- do reached.append(builds[node.name]) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return({
        'change_number': reached | map(attribute='change_number') | min,
        'as_of_date': reached | map(attribute='as_of_date') | min,
    } if reached else none) }}
{%- endmacro %}
