-- One row per closed month, family, SKU and movement type that is no longer as frozen.
-- closed + restated = current; a null cause is one that no billing document explains.
with

closes as (

    select
        month,
        close_version,
        frozen_on,
        {{ add_days('cast(month + interval 1 month as date)', -1) }} as month_end_date
    from {{ ref('fct_close_sign_offs') }}
    where is_newest

),

bridges as (

    select
        frozen.month,
        frozen.contract_family_id,
        frozen.sku,
        {%- for type in movement_types() %}
        frozen.{{ type }}_cmrr as closed_{{ type }},
        cast(0 as decimal(18, 2)) as current_{{ type }},
        {%- endfor %}
        frozen.customer_id as closed_customer_id,
        cast(null as varchar) as current_customer_id
    from {{ ref('fct_closed_bridges') }} as frozen
    inner join closes
        on
            frozen.month = closes.month
            and frozen.close_version = closes.close_version

    union all

    select
        bridge.month,
        bridge.contract_family_id,
        bridge.sku,
        {%- for type in movement_types() %}
        cast(0 as decimal(18, 2)) as closed_{{ type }},
        bridge.{{ type }}_cmrr as current_{{ type }},
        {%- endfor %}
        cast(null as varchar) as closed_customer_id,
        bridge.customer_id as current_customer_id
    from {{ ref('fct_cmrr_bridge') }} as bridge
    inner join closes
        on bridge.month = closes.month

),

rows_by_key as (

    select
        month,
        contract_family_id,
        sku,
        {%- for type in movement_types() %}
        sum(closed_{{ type }}) as closed_{{ type }},
        sum(current_{{ type }}) as current_{{ type }},
        {%- endfor %}
        coalesce(max(current_customer_id), max(closed_customer_id)) as customer_id
    from bridges
    group by month, contract_family_id, sku

),

restatements as (

    {%- for type in movement_types() %}
    select
        month,
        contract_family_id,
        sku,
        customer_id,
        '{{ type }}' as movement_type,
        closed_{{ type }} as closed_amount,
        current_{{ type }} as current_amount
    from rows_by_key
    where closed_{{ type }} <> current_{{ type }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

restated_rows as (

    select
        month,
        contract_family_id,
        sku,
        customer_id
    from restatements
    group by month, contract_family_id, sku, customer_id

),

chains as (

    select
        contract_id,
        chain_id
    from {{ ref('int_contract_chains') }}

),

late_changes as (

    select
        cause,
        chain_id,
        customer_id,
        sku,
        spoke_of_date,
        known_date
    from {{ ref('int_late_changes') }}

),

-- The nearest change counts: of the SKU and month, of the SKU, of the contracts, then
-- of the customer, whose other contracts tell what is new and what an add-on.
changes_found as (

    select
        restated_rows.month,
        restated_rows.contract_family_id,
        restated_rows.sku,
        late_changes.cause,
        case
            when late_changes.chain_id <> chains.chain_id then 4
            when late_changes.sku <> restated_rows.sku then 3
            when late_changes.spoke_of_date < restated_rows.month then 2
            else 1
        end as distance
    from restated_rows
    inner join closes
        on restated_rows.month = closes.month
    inner join chains
        on restated_rows.contract_family_id = chains.contract_id
    inner join late_changes
        on
            (
                chains.chain_id = late_changes.chain_id
                or restated_rows.customer_id = late_changes.customer_id
            )
            and closes.frozen_on < late_changes.known_date
            and closes.month_end_date >= late_changes.spoke_of_date

),

distances as (

    select
        *,
        min(distance) over (partition by month, contract_family_id, sku) as nearest
    from changes_found

),

causes as (

    select
        month,
        contract_family_id,
        sku,
        case when min(cause) = max(cause) then min(cause) else 'several' end as cause
    from distances
    where distance = nearest
    group by month, contract_family_id, sku

),

final as (

    select
        restatements.month,
        restatements.customer_id,
        restatements.contract_family_id,
        restatements.sku,
        restatements.movement_type,
        cast(restatements.closed_amount as decimal(18, 2)) as closed_amount,
        cast(restatements.current_amount as decimal(18, 2)) as current_amount,
        cast(restatements.current_amount - restatements.closed_amount as decimal(18, 2))
            as restated_amount,
        causes.cause
    from restatements
    left join causes
        on
            restatements.month = causes.month
            and restatements.contract_family_id = causes.contract_family_id
            and restatements.sku = causes.sku

)

select * from final
