-- One row per notice by which a contract, or a SKU of it, is cancelled, by the as-of
-- date. What it lost stands in fct_cmrr_movements under its cancellation_id.
with

cancellations as (

    select
        cancellation_id,
        contract_id,
        sku,
        reason_code,
        comment,
        notified_at,
        notified_date,
        effective_date
    from {{ ref('stg_billing__cancellations') }}
    where notified_date <= {{ as_of_date() }}

),

contracts as (

    select
        contract_id,
        contract_family_id,
        customer_id
    from {{ ref('int_contract_families') }}

),

final as (

    select
        cancellations.cancellation_id,
        contracts.customer_id,
        cancellations.contract_id,
        contracts.contract_family_id,
        cancellations.sku,
        cancellations.reason_code,
        cancellations.comment as notice_comment,
        cancellations.notified_at,
        cancellations.notified_date,
        cancellations.effective_date
    from cancellations
    inner join contracts
        on cancellations.contract_id = contracts.contract_id

)

select * from final
