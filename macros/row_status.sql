{% macro row_status(is_deleted='false') -%}
    case
        when version_number > 1 then 'superseded'
        when {{ sets_aside('rule') }} then 'rejected'
        when {{ is_deleted }} then 'deleted'
        else 'current'
    end
{%- endmacro %}
