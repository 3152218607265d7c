-- One row per future month, side of the twelve-month mark, contract and SKU: what is
-- signed as of today and not yet served. Amounts at each line's own exchange rate.
with

lines as (

    select
        order_line_id,
        contract_id,
        contract_family_id,
        customer_id,
        sku,
        exchange_rate,
        contract_mrr,
        reporting_mrr,
        service_start_date,
        greatest(service_over_date, service_start_date) as service_over_date,
        prior_step_line_id is not null
        and commit_start_date > {{ as_of_date() }} as is_ramp_step_ahead,
        commit_start_date <= {{ as_of_date() }}
        and commit_end_date > {{ as_of_date() }} as is_committed
    from {{ ref('int_line_commitments') }}
    where
        signed_date <= {{ as_of_date() }}
        and (
            service_over_date > {{ add_days(as_of_date(), 1) }}
            or service_start_date > {{ as_of_date() }}
        )

),

prices as (

    select
        order_line_id,
        annual_amount
    from {{ ref('int_recurring_lines_priced') }}

),

spans as (

    select
        month,
        is_within_twelve_months,
        days_in_month,
        from_date,
        to_date
    from {{ ref('int_future_months') }}

),

line_spans as (

    select
        lines.*,
        prices.annual_amount,
        spans.month,
        spans.is_within_twelve_months,
        spans.days_in_month,
        lines.service_start_date >= spans.from_date as goes_live,
        cast(
            least(lines.service_over_date, spans.to_date)
            - greatest(lines.service_start_date, spans.from_date) as integer
        ) as days_in_service
    from lines
    inner join prices
        on lines.order_line_id = prices.order_line_id
    inner join spans
        on
            lines.service_start_date < spans.to_date
            and (
                lines.service_over_date > spans.from_date
                or lines.service_start_date >= spans.from_date
            )

),

line_spans_in_contract_currency as (

    select
        *,
        cast({{ expected_revenue(
            'contract_mrr', 'annual_amount', 'days_in_service', 'days_in_month'
        ) }} as decimal(38, 2)) as contract_amount
    from line_spans

),

line_spans_converted as (

    select
        *,
        {{ round_money('contract_amount * exchange_rate') }} as remaining_amount
    from line_spans_in_contract_currency

),

final as (

    select
        month,
        is_within_twelve_months,
        contract_id,
        contract_family_id,
        customer_id,
        sku,
        cast(sum(remaining_amount) as decimal(18, 2)) as remaining_amount,
        cast(
            coalesce(sum(remaining_amount) filter (where is_ramp_step_ahead), 0)
            as decimal(18, 2)
        ) as ramp_step_amount,
        cast(
            coalesce(sum(reporting_mrr) filter (where is_committed and goes_live), 0)
            as decimal(18, 2)
        ) as going_live_cmrr
    from line_spans_converted
    group by
        month,
        is_within_twelve_months,
        contract_id,
        contract_family_id,
        customer_id,
        sku
    having
        sum(remaining_amount) <> 0
        or coalesce(sum(reporting_mrr) filter (where is_committed and goes_live), 0)
        <> 0

)

select * from final
