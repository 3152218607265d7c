-- One row per month end and customer with a contract that is due and not renewed.
-- As known on that day: a renewal signed later does not take a due date away.
with

months as (

    select
        month,
        report_date
    from {{ ref('int_months') }}

),

commitments as (

    select
        customer_id,
        contract_id,
        reporting_mrr,
        commit_start_date,
        commit_end_date
    from {{ ref('int_line_commitments') }}
    where reporting_mrr <> 0 and not is_archive

),

contracts as (

    select
        contract_id,
        renewed_by_contract_id,
        signed_date,
        end_date
    from {{ ref('int_contract_families') }}

),

due_contracts as (

    select
        months.month,
        commitments.customer_id,
        commitments.contract_id,
        contracts.end_date as due_date
    from commitments
    inner join months
        on
            commitments.commit_start_date <= months.report_date
            and commitments.commit_end_date > months.report_date
    inner join contracts
        on commitments.contract_id = contracts.contract_id
    left join contracts as renewals
        on
            contracts.renewed_by_contract_id = renewals.contract_id
            and months.report_date >= renewals.signed_date
    where
        renewals.contract_id is null
        and contracts.end_date >= months.report_date
    group by
        months.month,
        commitments.customer_id,
        commitments.contract_id,
        contracts.end_date
    having sum(commitments.reporting_mrr) > 0

),

final as (

    select
        month,
        customer_id,
        min(due_date) as next_due_date
    from due_contracts
    group by month, customer_id

)

select * from final
