-- One row per health day on which a term with CMRR is not renewed: the first due date.
-- As known on the day: a renewal signed later changes nothing, and grace is past it.
with

health_days as (

    select
        health_day_number,
        customer_id,
        health_date
    from {{ ref('int_health_days') }}

),

commitments as (

    select
        customer_id,
        contract_id,
        commit_start_date,
        commit_end_date
    from {{ ref('int_line_commitments') }}
    where reporting_mrr > 0

),

contracts as (

    select
        contract_id,
        renewed_by_contract_id,
        signed_date,
        end_date
    from {{ ref('int_contract_families') }}

),

terms as (

    select
        commitments.customer_id,
        contracts.end_date,
        commitments.commit_start_date,
        least(
            commitments.commit_end_date,
            coalesce(renewals.signed_date, cast('9999-12-31' as date))
        ) as unrenewed_to_date
    from commitments
    inner join contracts
        on commitments.contract_id = contracts.contract_id
    left join contracts as renewals
        on contracts.renewed_by_contract_id = renewals.contract_id

),

final as (

    select
        health_days.health_day_number,
        min(terms.end_date) as next_due_date
    from health_days
    inner join terms
        on
            health_days.customer_id = terms.customer_id
            and health_days.health_date >= terms.commit_start_date
            and health_days.health_date < terms.unrenewed_to_date
    group by health_days.health_day_number

)

select * from final
