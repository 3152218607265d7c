{% macro names_person(text, person) -%}
    (
        position(lower({{ person }}.email) in lower({{ text }})) > 0
        or (
            {{ person }}.full_name like '% %'
            and position(lower({{ person }}.full_name) in lower({{ text }})) > 0
        )
    )
{%- endmacro %}
