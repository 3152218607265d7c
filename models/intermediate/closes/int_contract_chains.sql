-- One row per landed contract: the first of its chain, voided links included.
-- A contract whose chain comes back to itself is a chain of its own.
with recursive

links as (

    select
        contract_id,
        account_id,
        renewed_from_contract_id
    from {{ ref('base_billing__contracts') }}
    where version_number = 1 and contract_id is not null

),

chained_links as (

    select
        links.contract_id,
        links.contract_id as chain_id,
        links.account_id as customer_id
    from links
    left join links as predecessors
        on links.renewed_from_contract_id = predecessors.contract_id
    where predecessors.contract_id is null

    union all

    select
        links.contract_id,
        chained_links.chain_id,
        chained_links.customer_id
    from chained_links
    inner join links
        on chained_links.contract_id = links.renewed_from_contract_id

),

final as (

    select
        links.contract_id,
        coalesce(chained_links.chain_id, links.contract_id) as chain_id,
        coalesce(chained_links.customer_id, links.account_id) as customer_id
    from links
    left join chained_links
        on links.contract_id = chained_links.contract_id

)

select * from final
