{% macro without_deleted_people(
    relation, columns, texts, is_of_deleted_person='false', are_searched=true
) -%}
    select
        {%- for column in columns %}
        {%- if column in texts %}
        case
            when
                {{ relation }}.{{ column }} is not null
                and (
                    {{ is_of_deleted_person }}
                    {%- if are_searched %}
                    or {{ column }}_texts.naming_text is not null
                    {%- endif %}
                )
                then '{{ deleted_text() }}'
            else {{ relation }}.{{ column }}
        end as {{ column }},
        {%- else %}
        {{ relation }}.{{ column }},
        {%- endif %}
        {%- endfor %}
        {{ relation }}.copies,
        {{ relation }}.row_key,
        {{ relation }}.version_number
    from {{ relation }}
    {%- for column in texts if are_searched %}
    left join (
        select distinct {{ relation }}.{{ column }} as naming_text
        from {{ relation }}
        inner join {{ ref('base_crm__deleted_people') }} as people
            on {{ names_person(relation ~ '.' ~ column, 'people') }}
    ) as {{ column }}_texts
        on {{ relation }}.{{ column }} = {{ column }}_texts.naming_text
    {%- endfor %}
{%- endmacro %}
