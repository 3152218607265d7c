{% macro score_of(numerator, denominator) -%}
    {{ return(adapter.dispatch('score_of')(numerator, denominator)) }}
{%- endmacro %}
