-- closed + restatements = current, for each month, family, SKU and movement type, and
-- no row without a difference. Counted from the newest frozen version known today.
with

newest_closes as (

    select
        month,
        close_version
    from {{ ref('fct_close_sign_offs') }}
    where is_newest

),

amounts as (

    {%- for type in movement_types() %}
    select
        frozen.month,
        frozen.contract_family_id,
        frozen.sku,
        '{{ type }}' as movement_type,
        frozen.{{ type }}_cmrr as amount
    from {{ ref('fct_closed_bridges') }} as frozen
    inner join newest_closes
        on
            frozen.month = newest_closes.month
            and frozen.close_version = newest_closes.close_version

    union all

    select
        bridge.month,
        bridge.contract_family_id,
        bridge.sku,
        '{{ type }}' as movement_type,
        -bridge.{{ type }}_cmrr as amount
    from {{ ref('fct_cmrr_bridge') }} as bridge
    inner join newest_closes
        on bridge.month = newest_closes.month

    union all
    {% endfor %}
    select
        month,
        contract_family_id,
        sku,
        movement_type,
        restated_amount as amount
    from {{ ref('fct_cmrr_restatements') }}

),

differences as (

    select
        month,
        contract_family_id,
        sku,
        movement_type,
        sum(amount) as difference
    from amounts
    group by month, contract_family_id, sku, movement_type
    having sum(amount) <> 0

)

select
    month,
    contract_family_id,
    sku,
    movement_type,
    difference
from differences

union all

select
    month,
    contract_family_id,
    sku,
    movement_type,
    restated_amount as difference
from {{ ref('fct_cmrr_restatements') }}
where
    restated_amount = 0
    or closed_amount + restated_amount <> current_amount
