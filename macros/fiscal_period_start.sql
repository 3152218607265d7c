{% macro fiscal_period_start(day, period) -%}
    {%- set months = {'month': 1, 'quarter': 3, 'year': 12}[period] -%}
    cast(
        date_trunc('month', {{ day }})
        - cast(
            (extract(month from {{ day }}) - {{ var('fiscal_year_start_month') }} + 12)
            % {{ months }} as integer
        ) * interval 1 month as date
    )
{%- endmacro %}
