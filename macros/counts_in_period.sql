{% macro counts_in_period(responses, periods) -%}
    (
        {{ responses }}.counted_from_date <= {{ periods }}.period_end
        and (
            {{ responses }}.counted_to_date > {{ periods }}.period_end
            or {{ responses }}.counted_to_date is null
        )
        and (
            {{ responses }}.survey_kind = 'relationship'
            or {{ responses }}.counted_from_date >= {{ periods }}.period_start
        )
    )
{%- endmacro %}
