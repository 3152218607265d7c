{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='fail',
        tags=['state']
    )
}}
-- One row per close of a fiscal month, written by the build of the day on which it
-- fell and never again; closes before the first day ever built, by that first build.
with

closes as (

    select
        month,
        closed_at,
        close_date
    from {{ ref('int_period_closes') }}

),

first_build as (

    select as_of_date
    from {{ ref('fct_refresh_days') }}
    where is_first_build and as_of_date = {{ as_of_date() }}

),

closed_before as (

    {% if is_incremental() %}
    select
        month,
        close_version,
        closed_at
    from {{ this }}
    {% else %}
    select
        month,
        0 as close_version,
        closed_at
    from closes
    where false
    {% endif %}

),

last_versions as (

    select
        month,
        max(close_version) as close_version
    from closed_before
    group by month

),

frozen_today as (

    select
        closes.month,
        closes.closed_at,
        closes.close_date < {{ as_of_date() }} as is_backfilled
    from closes
    left join closed_before
        on
            closes.month = closed_before.month
            and closes.closed_at = closed_before.closed_at
    left join first_build
        on closes.close_date < first_build.as_of_date
    where
        closed_before.month is null
        and (
            closes.close_date = {{ as_of_date() }}
            or first_build.as_of_date is not null
        )

),

bridges as (

    select
        month,
        cast(count(*) as integer) as row_count,
        cast(sum(ending_cmrr) as decimal(18, 2)) as ending_cmrr,
        {{ frozen_figures_hash(bridge_columns()) }} as bridge_hash
    from {{ ref('fct_cmrr_bridge') }}
    group by month

),

final as (

    select
        frozen_today.month,
        cast(
            coalesce(last_versions.close_version, 0)
            + row_number() over (
                partition by frozen_today.month
                order by frozen_today.closed_at
            ) as integer
        ) as close_version,
        frozen_today.closed_at,
        {{ as_of_date() }} as frozen_on,
        frozen_today.is_backfilled,
        coalesce(bridges.row_count, 0) as row_count,
        coalesce(bridges.ending_cmrr, 0) as ending_cmrr,
        coalesce(bridges.bridge_hash, md5('')) as bridge_hash
    from frozen_today
    left join bridges
        on frozen_today.month = bridges.month
    left join last_versions
        on frozen_today.month = last_versions.month

)

select
    month,
    close_version,
    closed_at,
    frozen_on,
    is_backfilled,
    row_count,
    ending_cmrr,
    bridge_hash
from final
