-- Every landed row is current, superseded, a duplicate, deleted or rejected, just once.
-- Landed rows are counted in the source itself and current rows in what later models
-- read, so that a row which staging loses or doubles shows up here and not in a total.
with

tables_counted as (

    {% for source_name, table_name in landed_tables() %}
    select
        '{{ source_name }}.{{ table_name }}' as table_name,
        (
            select count(*)
            from {{ source(source_name, table_name) }}
            where {{ is_known('loaded_at') }}
        ) as landed_rows,
        (
            select count(*)
            from {{ ref('stg_' ~ source_name ~ '__' ~ table_name) }}
        ) as current_rows,
        count(case when row_status = 'superseded' then 1 end) as superseded_rows,
        coalesce(sum(copies - 1), 0) as duplicate_rows,
        count(case when row_status = 'deleted' then 1 end) as deleted_rows,
        count(case when row_status = 'rejected' then 1 end) as rejected_rows
    from {{ ref('base_' ~ source_name ~ '__' ~ table_name) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

)

select *
from tables_counted
where
    landed_rows
    <> current_rows + superseded_rows + duplicate_rows + deleted_rows + rejected_rows
