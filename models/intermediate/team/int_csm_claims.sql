-- One row per claim of a CSM on an account: an assignment, or a version of the account
-- in the CRM. Half open [claim_from, claim_to); claims overlap, portfolios do not.
with

assignments as (

    select
        account_id,
        csm_user_id,
        assigned_from,
        assigned_to
    from {{ ref('stg_success__csm_assignments') }}
    where assigned_from <= {{ as_of_date() }}

),

signatures as (

    select
        account_id,
        min(signed_date) as first_signed_date
    from {{ ref('int_contract_families') }}
    group by account_id

),

account_versions as (

    select
        account_id,
        csm_user_id,
        version_number,
        least(
            coalesce({{ local_date('updated_at') }}, cast('1900-01-01' as date)),
            {{ as_of_date() }}
        ) as version_date
    from {{ ref('base_crm__accounts') }}
    where account_id is not null

),

last_versions_of_day as (

    select
        *,
        row_number() over (
            partition by account_id, version_date order by version_number
        ) as number_in_day
    from account_versions

),

spells as (

    select
        account_id,
        csm_user_id,
        version_date,
        lag(version_date) over account_by_date is null as is_oldest,
        lead(version_date) over account_by_date as next_version_date
    from last_versions_of_day
    where number_in_day = 1
    window account_by_date as (partition by account_id order by version_date)

),

crm_claims as (

    select
        spells.account_id,
        spells.csm_user_id,
        case
            -- Nothing older is known, so the oldest version speaks for the days before.
            when spells.is_oldest then signatures.first_signed_date
            else greatest(spells.version_date, signatures.first_signed_date)
        end as claim_from,
        spells.next_version_date as claim_to
    from spells
    inner join signatures
        on spells.account_id = signatures.account_id

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
