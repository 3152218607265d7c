{% macro full_months(from_date, to_date) -%}
    cast(
        12 * (extract(year from {{ to_date }}) - extract(year from {{ from_date }}))
        + extract(month from {{ to_date }}) - extract(month from {{ from_date }})
        - case
            when extract(day from {{ to_date }}) < extract(day from {{ from_date }}) then 1
            else 0
        end as integer
    )
{%- endmacro %}
