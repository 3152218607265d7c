-- One row per contract that renews another: its takeover day and if it is a return.
-- A return is signed when the old term has nothing left of itself; it takes nothing.
with

contracts as (

    select
        contract_id,
        renewed_from_contract_id,
        signed_date,
        start_date,
        takeover_date
    from {{ ref('int_contract_families') }}
    where renewed_from_contract_id is not null

),

old_terms as (

    select
        contract_id,
        end_date,
        lapse_date
    from {{ ref('int_contract_families') }}

),

lines as (

    select
        order_line_id,
        contract_id,
        reporting_mrr,
        signed_date,
        service_end_date
    from {{ ref('int_recurring_lines_priced') }}
    where reporting_mrr <> 0

),

notices as (

    select
        order_line_id,
        notice_date
    from {{ ref('int_line_notices_found') }}
    where notice_date is not null

),

cancellations as (

    select
        cancellation_id,
        contract_id,
        notified_date,
        effective_date
    from {{ ref('stg_billing__cancellations') }}
    where sku is null

),

old_lines as (

    select
        lines.contract_id,
        lines.reporting_mrr,
        lines.signed_date,
        least(
            case
                when
                    lines.service_end_date = old_terms.end_date
                    then old_terms.lapse_date
                else {{ add_days('lines.service_end_date', 1) }}
            end,
            coalesce(notices.notice_date, cast('9999-12-31' as date))
        ) as ends_of_itself_on
    from lines
    inner join old_terms
        on lines.contract_id = old_terms.contract_id
    left join notices
        on lines.order_line_id = notices.order_line_id

),

returns as (

    select
        contracts.contract_id,
        coalesce(
            sum(old_lines.reporting_mrr) filter (
                where
                old_lines.signed_date <= contracts.signed_date
                and old_lines.ends_of_itself_on > contracts.signed_date
            ),
            0
        ) = 0 as is_return
    from contracts
    left join old_lines
        on contracts.renewed_from_contract_id = old_lines.contract_id
    group by contracts.contract_id

),

cancelled_before_takeover as (

    select
        contracts.contract_id,
        cancellations.cancellation_id,
        cancellations.notified_date,
        cancellations.effective_date,
        row_number() over (
            partition by contracts.contract_id
            order by cancellations.notified_date, cancellations.cancellation_id
        ) as notice_number
    from contracts
    inner join cancellations
        on
            contracts.contract_id = cancellations.contract_id
            and contracts.signed_date <= cancellations.notified_date
            and contracts.takeover_date > cancellations.notified_date

),

final as (

    select
        contracts.contract_id,
        contracts.renewed_from_contract_id,
        cancelled_before_takeover.cancellation_id,
        returns.is_return,
        contracts.signed_date,
        contracts.start_date,
        contracts.takeover_date,
        cancelled_before_takeover.notified_date as cancelled_date,
        cancelled_before_takeover.effective_date as cancelled_effective_date
    from contracts
    inner join returns
        on contracts.contract_id = returns.contract_id
    left join cancelled_before_takeover
        on
            contracts.contract_id = cancelled_before_takeover.contract_id
            and cancelled_before_takeover.notice_number = 1

)

select * from final
