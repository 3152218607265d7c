{% macro duckdb__row_json(columns) -%}
    cast(to_json(struct_pack(
        {%- for column in columns %}
        {{ column }} := {{ column }} {{- ',' if not loop.last }}
        {%- endfor %}
    )) as varchar)
{%- endmacro %}
