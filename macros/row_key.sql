{% macro row_key(key_columns, columns) -%}
    case
        when {{ any_null(key_columns) }} then md5({{ row_json(columns) }})
        else cast({{ key_columns | join(" as varchar) || '|' || cast(") }} as varchar)
    end
{%- endmacro %}
