{% macro record_build(reads=[]) -%}
    {%- set builds = usage_builds() -%}
    {%- set kept_whole_number = builds.get(this.identifier, {}).get('whole_number', 0) -%}
    {%- set number = next_change_number() -%}
    delete from {{ ref('base_product_usage__builds') }}
    where model_name = '{{ this.identifier }}';
    insert into {{ ref('base_product_usage__builds') }}
    {%- if reads %}
    select
        '{{ this.identifier }}' as model_name,
        max(change_number) as change_number,
        0 as whole_number,
        min(as_of_date) as as_of_date,
        '' as settings
    from {{ ref('base_product_usage__builds') }}
    where model_name in ('{{ reads | join("', '") }}')
    {%- else %}
    select
        '{{ this.identifier }}' as model_name,
        {{ number }} as change_number,
        {% if this.identifier == 'base_product_usage__event_loads' -%}
        greatest(
            {{ kept_whole_number }},
            coalesce(max(case when not is_addition then change_number end), 0)
        ) as whole_number,
        {{ as_of_date() }} as as_of_date,
        '{{ usage_settings() }}' as settings
        {%- else -%}
        0 as whole_number,
        {{ as_of_date() }} as as_of_date,
        '' as settings
        {%- endif %}
    {%- if this.identifier == 'base_product_usage__event_loads' %}
    from {{ this }}
    {%- endif %}
    {%- endif %}
{%- endmacro %}
