-- One row per claim of a CSM on an account: an assignment, or a version of the account
-- in the CRM. Half open [claim_from, claim_to); claims overlap, portfolios do not.
with

assignments as (

    select
        account_id,
        csm_user_id,
        assigned_from,
        assigned_to
    from {{ ref('int_csm_assignments_known') }}
    where assigned_from <= {{ as_of_date() }}

),

signatures as (

    select
        account_id,
        min(signed_date) as first_signed_date
    from {{ ref('int_contract_families') }}
    group by account_id

),

account_spells as (

    select
        account_id,
        csm_user_id,
        valid_from_date,
        valid_to_date
    from {{ ref('int_account_spells') }}

),

crm_claims as (

    select
        account_spells.account_id,
        account_spells.csm_user_id,
        greatest(account_spells.valid_from_date, signatures.first_signed_date)
            as claim_from,
        account_spells.valid_to_date as claim_to
    from account_spells
    inner join signatures
        on account_spells.account_id = signatures.account_id

),

final as (

    select
        account_id,
        csm_user_id,
        'assignment' as claimed_by,
        assigned_from as claim_from,
        {{ add_days('assigned_to', 1) }} as claim_to
    from assignments

    union all

    select
        account_id,
        csm_user_id,
        'crm_account' as claimed_by,
        claim_from,
        claim_to
    from crm_claims
    where claim_to > claim_from or claim_to is null

)

select * from final
