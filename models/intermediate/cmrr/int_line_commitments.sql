-- One row per recurring line: the days it is committed and the days it is in service.
-- Both are half open [from, to); where to is not after from, there is no such day.
with

lines as (

    select *
    from {{ ref('int_recurring_lines_priced') }}

),

contracts as (

    select
        contract_id,
        renewed_by_contract_id,
        end_date,
        lapse_date
    from {{ ref('int_contract_families') }}

),

renewals as (

    select
        contract_id,
        renewed_from_contract_id,
        cancellation_id,
        signed_date,
        start_date,
        takeover_date,
        cancelled_date,
        cancelled_effective_date
    from {{ ref('int_renewals_paired') }}
    where not is_return

),

ramp_steps as (

    select
        order_line_id,
        prior_step_line_id
    from {{ ref('int_ramp_steps_linked') }}

),

notices as (

    select
        order_line_id,
        cancellation_id,
        notice_date,
        notice_effective_date,
        service_cut_date
    from {{ ref('int_line_notices_found') }}

),

lines_in_context as (

    select
        lines.*,
        ramp_steps.prior_step_line_id,
        contracts.end_date as contract_end_date,
        renewals.contract_id as renewal_contract_id,
        renewals.takeover_date as renewal_takeover_date,
        notices.service_cut_date,
        case
            when
                lines.order_type = 'renewal'
                and own_renewal.takeover_date >= lines.signed_date
                then own_renewal.takeover_date
            else lines.signed_date
        end as earliest_commit_date,
        case
            when lines.service_end_date <> contracts.end_date
                then {{ add_days('lines.service_end_date', 1) }}
            when
                renewals.signed_date <= contracts.lapse_date
                then renewals.takeover_date
            else contracts.lapse_date
        end as own_end_date,
        case
            when lines.service_end_date <> contracts.end_date then 'line_end'
            when renewals.signed_date <= contracts.lapse_date then 'takeover'
            else 'lapse'
        end as own_end_kind,
        case
            when
                renewals.start_date <= contracts.end_date
                and lines.service_end_date <= contracts.end_date
                then renewals.start_date
        end as superseded_service_date,
        coalesce(
            renewals.cancelled_date < notices.notice_date, notices.notice_date is null
        )
            as is_renewal_cancelled_first,
        notices.notice_date,
        notices.notice_effective_date,
        notices.cancellation_id,
        renewals.cancelled_date,
        renewals.cancelled_effective_date,
        renewals.cancellation_id as renewal_cancellation_id
    from lines
    inner join contracts
        on lines.contract_id = contracts.contract_id
    left join renewals
        on lines.contract_id = renewals.renewed_from_contract_id
    left join renewals as own_renewal
        on lines.contract_id = own_renewal.contract_id
    left join ramp_steps
        on lines.order_line_id = ramp_steps.order_line_id
    left join notices
        on lines.order_line_id = notices.order_line_id

),

lines_with_start as (

    select
        *,
        case
            when prior_step_line_id is not null
                then greatest(service_start_date, earliest_commit_date)
            else earliest_commit_date
        end as commit_start_date,
        case
            when
                own_end_kind = 'line_end'
                and service_end_date < contract_end_date
                and renewal_takeover_date < own_end_date
                then renewal_takeover_date
            else own_end_date
        end as unnoticed_end_date,
        case when is_renewal_cancelled_first then cancelled_date else notice_date end
            as first_notice_date,
        case
            when is_renewal_cancelled_first then cancelled_effective_date
            else notice_effective_date
        end as first_notice_effective_date,
        case
            when is_renewal_cancelled_first then renewal_cancellation_id
            else cancellation_id
        end as first_cancellation_id
    from lines_in_context

),

lines_with_end as (

    select
        *,
        coalesce(first_notice_date < unnoticed_end_date, false) as is_ended_by_notice
    from lines_with_start

),

final as (

    select
        order_line_id,
        contract_id,
        contract_family_id,
        customer_id,
        sku,
        order_type,
        prior_order_line_id,
        reduced_order_line_id,
        prior_step_line_id,
        renewal_contract_id,
        case when is_ended_by_notice then first_cancellation_id end as cancellation_id,
        currency,
        change_reason_code,
        change_comment,
        case
            when is_ended_by_notice then 'notice'
            when unnoticed_end_date < own_end_date then 'takeover'
            else own_end_kind
        end as commit_end_kind,
        exchange_rate,
        quantity,
        list_unit_price,
        contract_mrr,
        reporting_mrr,
        is_archive,
        coalesce(
            is_ended_by_notice and first_notice_effective_date > contract_end_date,
            false
        ) as is_notice_after_term,
        signed_date,
        commit_start_date,
        case
            when is_ended_by_notice then greatest(first_notice_date, commit_start_date)
            else unnoticed_end_date
        end as commit_end_date,
        service_start_date,
        least(
            {{ add_days('service_end_date', 1) }},
            coalesce(service_cut_date, cast('9999-12-31' as date)),
            coalesce(superseded_service_date, cast('9999-12-31' as date))
        ) as service_over_date
    from lines_with_end

)

select * from final
