{#- Several columns that name a row together: each combination at most once, none of them null. -#}
{% test unique_together(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    or {{ any_null(columns) }}

{% endtest %}
