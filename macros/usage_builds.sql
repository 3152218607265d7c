{% macro usage_builds() -%}
    {%- set builds = {} -%}
    {%- set relation = ref('base_product_usage__builds') -%}
    {%- if execute and load_relation(relation) is not none -%}
        {%- set found = run_query(
            'select model_name, change_number, whole_number, as_of_date, settings from ' ~ relation
        ) -%}
        {%- for row in found -%}
            {%- do builds.update({row['model_name']: {
                'change_number': row['change_number'] | int,
                'whole_number': row['whole_number'] | int,
                'as_of_date': row['as_of_date'],
                'settings': row['settings'],
            }}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(builds) }}
{%- endmacro %}
