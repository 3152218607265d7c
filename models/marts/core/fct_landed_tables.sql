-- One row per landed table, also where it is empty, with what became of its rows.
-- listed_rows are among current_rows: never add them.
with

counted as (

    {% for source_name, table_name in landed_tables() %}
    select
        '{{ source_name }}' as source_name,
        '{{ table_name }}' as table_name,
        sum(copies) as landed_rows,
        count(case when row_status = 'current' then 1 end) as current_rows,
        count(case when row_status = 'superseded' then 1 end) as superseded_rows,
        sum(copies - 1) as duplicate_rows,
        count(case when row_status = 'deleted' then 1 end) as deleted_rows,
        count(case when row_status = 'rejected' then 1 end) as rejected_rows,
        count(case when row_status = 'current' then rule end) as listed_rows,
        max(loaded_at) as newest_loaded_at
    from {{ ref('base_' ~ source_name ~ '__' ~ table_name) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

final as (

    select
        source_name,
        table_name,
        cast(coalesce(landed_rows, 0) as integer) as landed_rows,
        cast(current_rows as integer) as current_rows,
        cast(superseded_rows as integer) as superseded_rows,
        cast(coalesce(duplicate_rows, 0) as integer) as duplicate_rows,
        cast(deleted_rows as integer) as deleted_rows,
        cast(rejected_rows as integer) as rejected_rows,
        cast(listed_rows as integer) as listed_rows,
        newest_loaded_at
    from counted

)

select * from final
