{% macro local_date(timestamp_column) -%}
    {%- if var('time_zone') == 'UTC' -%}
        cast({{ timestamp_column }} as date)
    {%- else -%}
        cast(
            timezone('{{ var("time_zone") }}', timezone('UTC', {{ timestamp_column }})) as date
        )
    {%- endif -%}
{%- endmacro %}
