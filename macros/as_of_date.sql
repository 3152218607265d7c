{% macro as_of_date() -%}
    {#- Read while executing only: what dbt has parsed stays good for any day. -#}
    {%- set given = var('as_of_date', none) or (env_var('TENURE_AS_OF', '') if execute else '') -%}
    {%- if execute and not given -%}
        {{ exceptions.raise_compiler_error(
            "as_of_date is not set: pass --vars 'as_of_date: 2025-12-31' or set TENURE_AS_OF;"
            ~ " `make refresh` finds it in the landing data."
        ) }}
    {%- endif -%}
    cast('{{ given or "1970-01-01" }}' as date)
{%- endmacro %}
