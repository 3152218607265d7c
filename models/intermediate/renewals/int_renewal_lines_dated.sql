-- One row per line that runs to its contract's last day: from and until which day it
-- counts as expected, and as something that is left to renew. Until is exclusive.
with

terms as (

    select
        contract_id,
        is_renewal_to_take_over,
        due_date,
        lapse_date,
        lock_date,
        own_takeover_date,
        takeover_date,
        renewal_cancelled_date
    from {{ ref('int_renewal_terms') }}

),

lines as (

    select
        order_line_id,
        contract_id,
        sku,
        order_type,
        reduced_order_line_id,
        quantity,
        reporting_mrr,
        signed_date,
        service_start_date,
        service_end_date
    from {{ ref('int_recurring_lines_priced') }}
    where signed_date <= {{ as_of_date() }}

),

cancellations as (

    select
        contract_id,
        sku,
        notified_date,
        effective_date
    from {{ ref('stg_billing__cancellations') }}
    where notified_date <= {{ as_of_date() }}

),

notices as (

    select
        order_line_id,
        notice_date
    from {{ ref('int_line_notices_found') }}

),

lines_due as (

    select
        lines.order_line_id,
        lines.contract_id,
        lines.sku,
        lines.quantity,
        lines.reporting_mrr,
        lines.signed_date,
        lines.order_type = 'add_on'
        or coalesce(
            lines.order_type = 'renewal'
            and lines.signed_date > terms.own_takeover_date,
            false
        ) as is_add_on,
        coalesce(bought_lines.signed_date, lines.signed_date) as bought_date,
        coalesce(bought_lines.service_start_date, lines.service_start_date)
            as bought_service_start_date,
        terms.due_date,
        terms.lock_date,
        case
            when terms.is_renewal_to_take_over
                then terms.takeover_date
            else terms.lapse_date
        end as answered_date,
        least(
            notices.notice_date,
            case
                when terms.is_renewal_to_take_over then terms.renewal_cancelled_date
            end
        ) as notice_date
    from lines
    inner join terms
        on
            lines.contract_id = terms.contract_id
            and lines.service_end_date = terms.due_date
    left join lines as bought_lines
        on lines.reduced_order_line_id = bought_lines.order_line_id
    left join notices
        on lines.order_line_id = notices.order_line_id

),

-- Notices that take effect within the term; one for the whole contract counts only
-- where the contract was over when its expected CMRR was to be locked.
ends_within_term as (

    select
        lines_due.order_line_id,
        min(cancellations.notified_date) as notified_date
    from lines_due
    inner join cancellations
        on
            lines_due.contract_id = cancellations.contract_id
            and lines_due.due_date >= cancellations.effective_date
            and (
                lines_due.bought_date <= cancellations.notified_date
                or lines_due.bought_service_start_date < cancellations.effective_date
            )
    where
        lines_due.sku = cancellations.sku
        or (
            cancellations.sku is null
            and greatest(cancellations.notified_date, cancellations.effective_date)
            <= lines_due.lock_date
        )
    group by lines_due.order_line_id

),

final as (

    select
        lines_due.order_line_id,
        lines_due.contract_id,
        lines_due.sku,
        lines_due.is_add_on,
        lines_due.quantity,
        lines_due.reporting_mrr,
        lines_due.signed_date,
        ends_within_term.notified_date as expected_until_date,
        case
            when lines_due.signed_date >= lines_due.answered_date
                then lines_due.signed_date
            when
                lines_due.notice_date < lines_due.answered_date
                and lines_due.notice_date <= {{ as_of_date() }}
                then greatest(lines_due.notice_date, lines_due.signed_date)
        end as left_until_date
    from lines_due
    left join ends_within_term
        on lines_due.order_line_id = ends_within_term.order_line_id

)

select * from final
