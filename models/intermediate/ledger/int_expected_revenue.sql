-- One row per recurring line and finished month in which it is in service.
-- Rounded in contract currency, then converted and rounded again, at either rate.
with

lines as (

    select
        order_line_id,
        contract_id,
        contract_family_id,
        customer_id,
        sku,
        currency,
        exchange_rate,
        contract_mrr,
        reporting_mrr,
        service_start_date,
        service_over_date
    from {{ ref('int_line_commitments') }}
    where service_start_date < service_over_date

),

prices as (

    select
        order_line_id,
        annual_amount
    from {{ ref('int_recurring_lines_priced') }}
    where annual_amount <> 0

),

finished_months as (

    select
        month,
        last_date,
        days_in_month
    from {{ ref('int_ledger_months') }}
    where is_finished

),

rate_spells as (

    select
        currency,
        exchange_rate,
        from_date,
        to_date
    from {{ ref('int_exchange_rate_spells') }}

),

month_end_rates as (

    select
        finished_months.month,
        rate_spells.currency,
        rate_spells.exchange_rate
    from finished_months
    inner join rate_spells
        on
            finished_months.last_date >= rate_spells.from_date
            and finished_months.last_date < rate_spells.to_date

),

line_months as (

    select
        finished_months.month,
        lines.order_line_id,
        lines.contract_id,
        lines.contract_family_id,
        lines.customer_id,
        lines.sku,
        lines.currency,
        lines.exchange_rate,
        lines.contract_mrr,
        prices.annual_amount,
        case
            when lines.service_over_date > finished_months.last_date
                then lines.reporting_mrr
            else 0
        end as recognised_mrr,
        finished_months.days_in_month,
        cast(
            least(
                lines.service_over_date,
                {{ add_days('finished_months.last_date', 1) }}
            )
            - greatest(lines.service_start_date, finished_months.month) as integer
        ) as days_in_service
    from lines
    inner join prices
        on lines.order_line_id = prices.order_line_id
    inner join finished_months
        on
            lines.service_start_date <= finished_months.last_date
            and lines.service_over_date > finished_months.month

),

line_months_in_contract_currency as (

    select
        *,
        cast({{ expected_revenue(
            'contract_mrr', 'annual_amount', 'days_in_service', 'days_in_month'
        ) }} as decimal(18, 2)) as contract_amount
    from line_months

),

final as (

    select
        line_months.month,
        line_months.order_line_id,
        line_months.contract_id,
        line_months.contract_family_id,
        line_months.customer_id,
        line_months.sku,
        line_months.currency,
        line_months.exchange_rate,
        coalesce(month_end_rates.exchange_rate, line_months.exchange_rate)
            as month_end_rate,
        line_months.days_in_service,
        line_months.days_in_month,
        line_months.contract_amount,
        cast(line_months.recognised_mrr as decimal(18, 2)) as recognised_mrr,
        {{ round_money(
            "cast(line_months.contract_amount as decimal(38, 2))"
            ~ " * line_months.exchange_rate"
        ) }} as expected_at_own_rate,
        {{ round_money(
            "cast(line_months.contract_amount as decimal(38, 2))"
            ~ " * coalesce(month_end_rates.exchange_rate, line_months.exchange_rate)"
        ) }} as expected_revenue
    from line_months_in_contract_currency as line_months
    left join month_end_rates
        on
            line_months.month = month_end_rates.month
            and line_months.currency = month_end_rates.currency

)

select * from final
