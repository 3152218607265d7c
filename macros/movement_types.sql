{% macro movement_types() -%}
    {{ return([
        'new',
        'reactivation',
        'add_on',
        'upgrade',
        'downgrade',
        'swap',
        'cancellation',
        'archive',
        'currency',
    ]) }}
{%- endmacro %}
