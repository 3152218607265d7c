-- One row per account and unbroken spell with one CSM, [valid_from, valid_to).
-- Spells of an account never overlap; days on which nobody has it are in none.
with

claims as (

    select
        account_id,
        csm_user_id,
        claimed_by,
        claim_from,
        claim_to
    from {{ ref('int_csm_claims') }}

),

edges as (

    select
        account_id,
        claim_from as edge_date
    from claims

    union all

    select
        account_id,
        claim_to as edge_date
    from claims
    where claim_to is not null

),

slices as (

    select
        account_id,
        edge_date as from_date,
        lead(edge_date) over (partition by account_id order by edge_date) as to_date
    from edges
    group by account_id, edge_date

),

slice_claims as (

    select
        slices.account_id,
        slices.from_date,
        slices.to_date,
        claims.csm_user_id,
        claims.claimed_by,
        row_number() over (
            partition by slices.account_id, slices.from_date
            order by
                claims.claimed_by = 'assignment' desc,
                claims.claim_from desc,
                claims.csm_user_id asc
        ) as claim_number
    from slices
    inner join claims
        on
            slices.account_id = claims.account_id
            and slices.from_date >= claims.claim_from
            and (slices.from_date < claims.claim_to or claims.claim_to is null)
    where slices.from_date <= {{ as_of_date() }}

),

settled_slices as (

    select
        account_id,
        csm_user_id,
        claimed_by,
        from_date,
        to_date,
        coalesce(
            csm_user_id = lag(csm_user_id) over account_by_date
            and claimed_by = lag(claimed_by) over account_by_date
            and from_date = lag(to_date) over account_by_date,
            false
        ) as goes_on
    from slice_claims
    where claim_number = 1 and csm_user_id is not null
    window account_by_date as (partition by account_id order by from_date)

),

numbered_slices as (

    select
        *,
        sum(case when goes_on then 0 else 1 end) over (
            partition by account_id
            order by from_date
            rows between unbounded preceding and current row
        ) as spell_number
    from settled_slices

),

final as (

    select
        account_id,
        csm_user_id,
        claimed_by,
        min(from_date) as valid_from,
        case
            when count(to_date) = count(*) then max(to_date)
        end as valid_to
    from numbered_slices
    group by account_id, csm_user_id, claimed_by, spell_number

)

select * from final
