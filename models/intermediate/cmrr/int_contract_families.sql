-- One row per accepted contract: its family, its place in it and its renewal.
-- Voided and set-aside contracts are links of a chain that are skipped, never members.
with recursive

links as (

    select
        contract_id,
        renewed_from_contract_id,
        row_status = 'current' as is_accepted
    from {{ ref('base_billing__contracts') }}
    where version_number = 1 and contract_id is not null

),

contracts as (

    select
        contract_id,
        account_id,
        renewed_from_contract_id,
        signed_at,
        signed_date,
        start_date,
        end_date,
        currency,
        auto_renews,
        non_renewal_reason_code
    from {{ ref('stg_billing__contracts') }}

),

chains as (

    select
        links.contract_id,
        links.is_accepted,
        cast(null as varchar) as accepted_predecessor_id
    from links
    left join links as predecessors
        on links.renewed_from_contract_id = predecessors.contract_id
    where predecessors.contract_id is null

    union all

    select
        links.contract_id,
        links.is_accepted,
        case
            when chains.is_accepted then chains.contract_id
            else chains.accepted_predecessor_id
        end as accepted_predecessor_id
    from chains
    inner join links
        on chains.contract_id = links.renewed_from_contract_id

),

claims as (

    select
        contracts.contract_id,
        contracts.account_id,
        contracts.signed_date,
        contracts.start_date,
        contracts.end_date,
        contracts.currency,
        contracts.auto_renews,
        contracts.non_renewal_reason_code,
        chains.accepted_predecessor_id,
        row_number() over (
            partition by chains.accepted_predecessor_id
            order by contracts.signed_at, contracts.contract_id
        ) as claim_number
    from contracts
    inner join chains
        on contracts.contract_id = chains.contract_id

),

terms as (

    select
        contract_id,
        account_id,
        signed_date,
        start_date,
        end_date,
        currency,
        auto_renews,
        non_renewal_reason_code,
        case when claim_number = 1 then accepted_predecessor_id end
            as renewed_from_contract_id,
        accepted_predecessor_id is not null and claim_number > 1 as is_second_renewal
    from claims

),

families as (

    select
        contract_id,
        contract_id as contract_family_id,
        account_id as customer_id,
        1 as term_number
    from terms
    where renewed_from_contract_id is null

    union all

    select
        terms.contract_id,
        families.contract_family_id,
        families.customer_id,
        families.term_number + 1 as term_number
    from families
    inner join terms
        on families.contract_id = terms.renewed_from_contract_id

),

final as (

    select
        terms.contract_id,
        families.contract_family_id,
        families.customer_id,
        terms.account_id,
        terms.renewed_from_contract_id,
        renewals.contract_id as renewed_by_contract_id,
        terms.currency,
        terms.non_renewal_reason_code,
        families.term_number,
        terms.auto_renews,
        terms.is_second_renewal,
        terms.signed_date,
        terms.start_date,
        terms.end_date,
        case
            when terms.renewed_from_contract_id is not null
                then greatest(terms.start_date, terms.signed_date)
        end as takeover_date,
        {{ add_days(
            'terms.end_date',
            "1 + least("
            ~ var('late_renewal_grace_days')
            ~ ", terms.end_date - terms.start_date + 1)"
        ) }} as lapse_date
    from terms
    inner join families
        on terms.contract_id = families.contract_id
    left join terms as renewals
        on terms.contract_id = renewals.renewed_from_contract_id

)

select * from final
