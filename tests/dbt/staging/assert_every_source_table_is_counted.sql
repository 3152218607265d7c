-- landed_tables() names exactly the tables that the sources declare. A table missing
-- from it would be staged, and its rejected rows would be counted nowhere.
with

declared_tables as (

    {% for node in graph.sources.values() if execute %}
    select '{{ node.source_name }}.{{ node.name }}' as table_name
    {% if not loop.last %}
    union all
    {% endif %}
    {% else %}
    select '' as table_name
    {% endfor %}

),

counted_tables as (

    select source_name || '.' || table_name as table_name
    from {{ ref('fct_landed_tables') }}

)

select
    declared_tables.table_name as declared_table,
    counted_tables.table_name as counted_table
from declared_tables
full outer join counted_tables
    on declared_tables.table_name = counted_tables.table_name
where
    declared_tables.table_name is null
    or counted_tables.table_name is null
