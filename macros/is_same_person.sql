{% macro is_same_person(row, person) -%}
    (
        {{ row }}.contact_id = {{ person }}.contact_id
        or (
            lower({{ row }}.email) = lower({{ person }}.email)
            and (
                {{ row }}.full_name is null
                or lower({{ row }}.full_name) = lower({{ person }}.full_name)
            )
        )
        or (
            {{ row }}.email is null
            and {{ row }}.account_id = {{ person }}.account_id
            and lower({{ row }}.full_name) = lower({{ person }}.full_name)
        )
    )
{%- endmacro %}
