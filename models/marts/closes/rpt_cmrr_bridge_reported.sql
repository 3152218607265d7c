-- One row per month, family and SKU: closed months as frozen, open ones as they are.
-- beginning (the ending reported the month before) + restatement + movements = ending.
with

closes as (

    select
        month,
        close_version
    from {{ ref('fct_close_sign_offs') }}
    where is_newest

),

own_bridges as (

    select
        frozen.month,
        frozen.close_version,
        frozen.customer_id,
        frozen.contract_family_id,
        frozen.sku,
        frozen.{{ bridge_columns() | join(',\n        frozen.') }}
    from {{ ref('fct_closed_bridges') }} as frozen
    inner join closes
        on
            frozen.month = closes.month
            and frozen.close_version = closes.close_version

    union all

    select
        bridge.month,
        cast(null as integer) as close_version,
        bridge.customer_id,
        bridge.contract_family_id,
        bridge.sku,
        bridge.{{ bridge_columns() | join(',\n        bridge.') }}
    from {{ ref('fct_cmrr_bridge') }} as bridge
    left join closes
        on bridge.month = closes.month
    where closes.month is null

),

endings_carried as (

    select
        cast(month + interval 1 month as date) as month,
        customer_id,
        contract_family_id,
        sku,
        ending_cmrr
    from own_bridges
    where
        ending_cmrr <> 0
        and month < cast(date_trunc('month', {{ as_of_date() }}) as date)

),

keys as (

    select
        month,
        contract_family_id,
        sku
    from own_bridges

    union all

    select
        month,
        contract_family_id,
        sku
    from endings_carried

),

distinct_keys as (

    select
        month,
        contract_family_id,
        sku
    from keys
    group by month, contract_family_id, sku

),

final as (

    select
        keys.month,
        coalesce(own_bridges.customer_id, endings_carried.customer_id) as customer_id,
        keys.contract_family_id,
        keys.sku,
        coalesce(endings_carried.ending_cmrr, 0) as beginning_cmrr,
        cast(
            coalesce(own_bridges.beginning_cmrr, 0)
            - coalesce(endings_carried.ending_cmrr, 0) as decimal(18, 2)
        ) as restatement_cmrr,
        {%- for type in movement_types() %}
        coalesce(own_bridges.{{ type }}_cmrr, 0) as {{ type }}_cmrr,
        {%- endfor %}
        coalesce(own_bridges.ending_cmrr, 0) as ending_cmrr,
        closes.close_version,
        closes.month is not null as is_closed
    from distinct_keys as keys
    left join own_bridges
        on
            keys.month = own_bridges.month
            and keys.contract_family_id = own_bridges.contract_family_id
            and keys.sku = own_bridges.sku
    left join endings_carried
        on
            keys.month = endings_carried.month
            and keys.contract_family_id = endings_carried.contract_family_id
            and keys.sku = endings_carried.sku
    left join closes
        on keys.month = closes.month

)

select * from final
