{% macro usage_builds() -%}
    {%- set builds = {} -%}
    {%- if execute and load_relation(ref('base_product_usage__builds')) is not none -%}
        {%- set rows = run_query(
            'select model_name, change_number, whole_number, as_of_date, settings from '
            ~ ref('base_product_usage__builds')
        ) -%}
        {%- for row in rows -%}
            {%- do builds.update({row['model_name']: {
                'change_number': row['change_number'] | int,
                'whole_number': row['whole_number'] | int,
                'as_of_date': row['as_of_date'],
                'settings': row['settings'],
            }}) -%}
        {%- endfor -%}
    {%- elif not execute -%}
        {%- do ref('base_product_usage__builds') -%}
    {%- endif -%}
    {{ return(builds) }}
{%- endmacro %}
