{% macro default__rows_hash(columns) -%}
    md5({{ dbt.listagg(surrogate_key(columns), "','", "order by " ~ surrogate_key(columns)) }})
{%- endmacro %}
