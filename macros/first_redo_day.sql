{% macro first_redo_day(plan, redo_from='redo_from') -%}
    {%- if not execute -%}
        {%- do ref(plan) -%}
    {%- endif -%}
    {%- if not keeps_rows() -%}
        {{ return('0001-01-01') }}
    {%- endif -%}
    {%- set found = run_query('select min(' ~ redo_from ~ ') as first_day from ' ~ ref(plan)) -%}
    {{ return(found.rows[0]['first_day'] or '9999-12-31') }}
{%- endmacro %}
