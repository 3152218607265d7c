{% macro is_newest_day() -%}
    not exists (
        select 1
        from {{ ref('fct_refresh_days') }} as built
        where built.as_of_date > {{ as_of_date() }}
    )
{%- endmacro %}
