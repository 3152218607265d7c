{% macro is_at_target(baseline, target, actual) -%}
    case
        when {{ target }} < {{ baseline }} then {{ actual }} <= {{ target }}
        else {{ actual }} >= {{ target }}
    end
{%- endmacro %}
