-- One row per change that became known after a close of the month that it speaks of, or
-- of a later one: what can restate frozen figures. A null SKU is any of the chain's.
with

closes as (

    select
        close_date,
        {{ add_days('cast(month + interval 1 month as date)', -1) }} as month_end_date
    from {{ ref('int_period_closes') }}

),

chains as (

    select
        contract_id,
        chain_id,
        customer_id
    from {{ ref('int_contract_chains') }}

),

changes as (

    select
        cause,
        contract_id,
        sku,
        spoke_of_date,
        known_date
    from {{ ref('int_billing_documents_changed') }}

    union all

    select
        'new_rate' as cause,
        contract_id,
        sku,
        spoke_of_date,
        known_date
    from {{ ref('int_exchange_rates_changed') }}

),

distinct_changes as (

    select
        changes.cause,
        chains.chain_id,
        chains.customer_id,
        changes.sku,
        changes.spoke_of_date,
        changes.known_date
    from changes
    inner join chains
        on changes.contract_id = chains.contract_id
    group by
        changes.cause,
        chains.chain_id,
        chains.customer_id,
        changes.sku,
        changes.spoke_of_date,
        changes.known_date

),

final as (

    select
        cause,
        chain_id,
        customer_id,
        sku,
        spoke_of_date,
        known_date
    from distinct_changes
    where
        exists (
            select 1
            from closes
            where
                closes.month_end_date >= distinct_changes.spoke_of_date
                and closes.close_date < distinct_changes.known_date
        )

)

select * from final
