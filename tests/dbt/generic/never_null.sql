{#- Columns that are never null: one scan and one test of a table, whatever their number. -#}
{% test never_null(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
where {{ any_null(columns) }}

{% endtest %}
