{#- Two spells of one row at one instant would count it twice wherever a day is looked up. -#}
{% test spells_do_not_overlap(model, columns) %}
with

spells as (

    select
        {{ columns | join(', ') }},
        dbt_valid_from,
        dbt_valid_to,
        lead(dbt_valid_from) over (
            partition by {{ columns | join(', ') }}
            order by dbt_valid_from, dbt_valid_to nulls last
        ) as next_valid_from
    from {{ model }}
    where dbt_valid_to is null or dbt_valid_from < dbt_valid_to

)

select *
from spells
where
    next_valid_from is not null
    and (dbt_valid_to is null or dbt_valid_to > next_valid_from)
{% endtest %}
