{% macro spell_edges(member_of) -%}
    {%- set columns = member_of | join(',\n        ') -%}
-- Spells of a member follow each other in both ends, so a union begins where the spell
-- before is over and ends where the next has not begun.
spells_in_order as (

    select
        {{ columns }},
        from_date,
        to_date,
        coalesce(lag(to_date) over member_days < from_date, true) as is_first,
        coalesce(lead(from_date) over member_days > to_date, true) as is_last
    from spells
    window member_days as (
        partition by {{ member_of | join(', ') }}, member
        order by from_date
    )

),

spell_edges as (

    select
        {{ columns }},
        from_date as change_date,
        1 as change
    from spells_in_order
    where is_first

    union all

    select
        {{ columns }},
        to_date as change_date,
        -1 as change
    from spells_in_order
    where is_last

)
{%- endmacro %}
