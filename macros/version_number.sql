{% macro version_number(newest_by, columns) -%}
    row_number() over (
        partition by row_key
        order by
            {% for column in newest_by + (columns | reject('in', newest_by) | list) %}
            {{ column }} desc nulls last {{- ',' if not loop.last }}
            {% endfor %}
    )
{%- endmacro %}
