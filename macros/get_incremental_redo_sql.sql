{% macro get_incremental_redo_sql(arguments) -%}
    {%- set target = arguments.target_relation -%}
    {%- set source = arguments.temp_relation -%}
    {%- set redo = config.get('meta').redo -%}
    {%- set columns = get_quoted_csv(arguments.dest_columns | map(attribute='name')) -%}
    {%- if not keeps_rows() %}
    delete from {{ target }};
    {%- else -%}
    {%- if redo.day %}
    {%- set redo_from = redo.from or 'redo_from' %}
    {%- set first_day = "cast('" ~ first_redo_day(redo.plan, redo_from) ~ "' as date)" %}
    delete from {{ target }} as kept
    {%- if redo.account %}
    using {{ ref(redo.plan) }} as redo
    where
        kept.{{ redo.account }} = redo.account_id
        and kept.{{ redo.day }} >= redo.{{ redo_from }}
        and kept.{{ redo.day }} >= {{ first_day }};
    {%- else %}
    where kept.{{ redo.day }} >= {{ first_day }};
    {%- endif %}
    {%- endif %}
    {%- if redo.key %}
    delete from {{ target }} as kept
    using {{ source }} as source
    where
        {%- for column in redo.key %}
        {{ 'and ' if not loop.first }}kept.{{ column }} = source.{{ column }}
        {%- endfor %};
    {%- endif %}
    {%- endif %}
    insert into {{ target }} ({{ columns }})
    select {{ columns }}
    from {{ source }}
{%- endmacro %}
