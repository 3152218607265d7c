{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='fail',
        tags=['state']
    )
}}
-- One row per close, contract family and SKU: the month's bridge as it stood that day.
-- Sum one close_version of a month at most; beginning and ending not over months.
with

closed_today as (

    select
        month,
        close_version,
        closed_at,
        frozen_on,
        is_backfilled
    from {{ ref('fct_closed_periods') }}
    where frozen_on = {{ as_of_date() }}

),

bridges as (

    select
        month,
        customer_id,
        contract_family_id,
        sku,
        {{ bridge_columns() | join(',\n        ') }}
    from {{ ref('fct_cmrr_bridge') }}

),

final as (

    select
        bridges.month,
        closed_today.close_version,
        closed_today.closed_at,
        closed_today.frozen_on,
        closed_today.is_backfilled,
        bridges.customer_id,
        bridges.contract_family_id,
        bridges.sku,
        bridges.{{ bridge_columns() | join(',\n        bridges.') }}
    from closed_today
    inner join bridges
        on closed_today.month = bridges.month

)

select
    month,
    close_version,
    closed_at,
    frozen_on,
    is_backfilled,
    customer_id,
    contract_family_id,
    sku,
    {{ bridge_columns() | join(',\n    ') }}
from final
{%- if is_incremental() %}
where not exists (
    select 1
    from {{ this }} as frozen
    where
        frozen.month = final.month
        and frozen.close_version = final.close_version
)
{%- endif %}
