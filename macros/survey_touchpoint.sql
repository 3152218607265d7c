{% macro survey_touchpoint() -%}
    coalesce(
        touchpoint,
        case when survey_kind = 'relationship' then 'none' else 'not_given' end
    )
{%- endmacro %}
