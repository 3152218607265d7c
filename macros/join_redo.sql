{% macro join_redo(plan, account_id, day, days_before=0, redo_from='redo_from') -%}
    {%- if keeps_rows() %}
    inner join {{ ref(plan) }} as redo
        on
            {{ account_id }} = redo.account_id
            and {{ day }} >= {{ add_days('redo.' ~ redo_from, -days_before) }}
            -- Said once more in a constant, for what lies on disk by day.
            and {{ day }} >= {{ add_days(
                "cast('" ~ first_redo_day(plan, redo_from) ~ "' as date)", -days_before
            ) }}
    {%- elif not execute -%}
        {%- do ref(plan) -%}
    {%- endif -%}
{%- endmacro %}
