{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook='{{ record_build() }}',
        meta={'redo': {'key': ['load_day']}}
    )
}}
-- One row per local day on which events were loaded, kept from build to build: how many
-- rows it has, and in which build that was found to be another than before.
with

loads as (

    select
        {{ load_day() }} as load_day,
        count(*) as row_count,
        sum(cast(extract(epoch from occurred_at) as bigint)) as occurred_seconds
    from {{ ref('base_product_usage__event_rows') }}
    group by {{ load_day() }}

),

{% if keeps_rows() %}
kept as (

    select
        load_day,
        row_count,
        occurred_seconds
    from {{ this }}

),

newest as (

    select max(load_day) as load_day
    from kept
    where row_count > 0

),

final as (

    select
        coalesce(loads.load_day, kept.load_day) as load_day,
        coalesce(loads.row_count, 0) as row_count,
        loads.occurred_seconds,
        coalesce(loads.row_count, 0) > coalesce(kept.row_count, 0)
        and coalesce(
            loads.load_day >= (select newest.load_day from newest), true
        ) as is_addition
    from loads
    full outer join kept on loads.load_day = kept.load_day
    where
        coalesce(loads.row_count, 0) <> coalesce(kept.row_count, 0)
        or coalesce(loads.occurred_seconds, 0) <> coalesce(kept.occurred_seconds, 0)

)

{%- else %}
final as (

    select
        load_day,
        row_count,
        occurred_seconds,
        false as is_addition
    from loads

)

{%- endif %}

select
    load_day,
    row_count,
    cast(occurred_seconds as bigint) as occurred_seconds,
    is_addition,
    cast({{ next_change_number() }} as bigint) as change_number
from final
