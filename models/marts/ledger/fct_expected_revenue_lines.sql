-- One row per recurring line and finished month in which it is in service.
-- reconciliation_sku is the SKU of its row in fct_ledger_reconciliation.
with

expected_revenue as (

    select *
    from {{ ref('int_expected_revenue') }}

),

months_without_sku as (

    select
        month,
        customer_id
    from {{ ref('int_customer_months_without_sku') }}

),

final as (

    select
        expected_revenue.month,
        expected_revenue.order_line_id,
        expected_revenue.contract_id,
        expected_revenue.contract_family_id,
        expected_revenue.customer_id,
        expected_revenue.sku,
        case
            when months_without_sku.month is not null then 'not_given'
            else expected_revenue.sku
        end as reconciliation_sku,
        expected_revenue.currency,
        expected_revenue.exchange_rate,
        expected_revenue.month_end_rate,
        expected_revenue.days_in_service,
        expected_revenue.days_in_month,
        expected_revenue.contract_amount,
        expected_revenue.recognised_mrr,
        expected_revenue.expected_at_own_rate,
        expected_revenue.expected_revenue
    from expected_revenue
    left join months_without_sku
        on
            expected_revenue.month = months_without_sku.month
            and expected_revenue.customer_id = months_without_sku.customer_id

)

select * from final
