-- One row per contract and finished month from its first invoice or service on, while
-- anything is deferred. opening + invoiced - recognised = closing.
with

invoice_lines as (

    select
        contract_id,
        customer_id,
        month,
        sku,
        reporting_amount
    from {{ ref('int_invoice_lines_converted') }}
    where line_type in ('recurring', 'credit')

),

products as (

    select
        sku,
        charge_type
    from {{ ref('stg_billing__products') }}

),

expected_lines as (

    select
        contract_id,
        customer_id,
        month,
        expected_revenue
    from {{ ref('fct_expected_revenue_lines') }}

),

finished_months as (

    select month
    from {{ ref('int_ledger_months') }}
    where is_finished

),

changes as (

    select
        invoice_lines.contract_id,
        invoice_lines.customer_id,
        invoice_lines.month,
        invoice_lines.reporting_amount as invoiced,
        0 as recognised
    from invoice_lines
    left join products
        on invoice_lines.sku = products.sku
    where products.charge_type is null or products.charge_type = 'recurring'

    union all

    select
        contract_id,
        customer_id,
        month,
        0 as invoiced,
        expected_revenue as recognised
    from expected_lines

),

changes_by_month as (

    select
        contract_id,
        customer_id,
        month,
        sum(invoiced) as invoiced,
        sum(recognised) as recognised
    from changes
    group by contract_id, customer_id, month

),

spells as (

    select
        *,
        sum(invoiced - recognised) over (
            partition by contract_id, customer_id
            order by month
            rows between unbounded preceding and current row
        ) as closing,
        lead(month)
            over (partition by contract_id, customer_id order by month)
            as next_month
    from changes_by_month

),

final as (

    select
        finished_months.month,
        spells.contract_id,
        spells.customer_id,
        cast(
            case
                when finished_months.month = spells.month
                    then spells.closing - spells.invoiced + spells.recognised
                else spells.closing
            end as decimal(18, 2)
        ) as opening_deferred,
        cast(
            case
                when finished_months.month = spells.month then spells.invoiced
                else 0
            end as decimal(18, 2)
        ) as invoiced,
        cast(
            case
                when finished_months.month = spells.month then spells.recognised
                else 0
            end as decimal(18, 2)
        ) as recognised,
        cast(spells.closing as decimal(18, 2)) as closing_deferred
    from spells
    inner join finished_months
        on
            spells.month <= finished_months.month
            and coalesce(spells.next_month, cast('9999-12-31' as date))
            > finished_months.month
    where finished_months.month = spells.month or spells.closing <> 0

)

select * from final
