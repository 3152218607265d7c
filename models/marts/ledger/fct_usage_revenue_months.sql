-- One row per finished month and customer with usage invoiced or in the ledger.
-- cmrr is the customer's level at the month's end: never sum it over months.
with

invoiced as (

    select
        month,
        customer_id,
        coalesce(sum(reporting_amount) filter (where line_type = 'usage'), 0)
            as invoiced_usage,
        coalesce(sum(reporting_amount) filter (where line_type = 'overage'), 0)
            as invoiced_overage
    from {{ ref('int_invoice_lines_converted') }}
    where line_type in ('usage', 'overage')
    group by month, customer_id

),

usage_accounts as (

    select account_number
    from {{ ref('stg_ledger__gl_accounts') }}
    where account_class = 'usage_revenue'

),

accounts as (

    select account_id
    from {{ ref('base_crm__accounts') }}
    where version_number = 1

),

journal_lines as (

    select
        account_number,
        customer_account_id,
        cast(date_trunc('month', posting_date) as date) as month,
        credit_amount - debit_amount as amount
    from {{ ref('stg_ledger__journal_lines') }}

),

posted as (

    select
        journal_lines.month,
        coalesce(accounts.account_id, 'not_given') as customer_id,
        sum(journal_lines.amount) as ledger_usage_revenue
    from journal_lines
    inner join usage_accounts
        on journal_lines.account_number = usage_accounts.account_number
    left join accounts
        on journal_lines.customer_account_id = accounts.account_id
    group by journal_lines.month, coalesce(accounts.account_id, 'not_given')

),

levels as (

    select
        month,
        customer_id,
        sum(cmrr) as cmrr
    from {{ ref('fct_cmrr_months') }}
    group by month, customer_id

),

customer_months as (

    select
        coalesce(invoiced.month, posted.month) as month,
        coalesce(invoiced.customer_id, posted.customer_id) as customer_id,
        coalesce(invoiced.invoiced_usage, 0) as invoiced_usage,
        coalesce(invoiced.invoiced_overage, 0) as invoiced_overage,
        coalesce(posted.ledger_usage_revenue, 0) as ledger_usage_revenue
    from invoiced
    full join posted
        on
            invoiced.month = posted.month
            and invoiced.customer_id = posted.customer_id

),

final as (

    select
        customer_months.month,
        customer_months.customer_id,
        cast(coalesce(levels.cmrr, 0) as decimal(18, 2)) as cmrr,
        cast(customer_months.ledger_usage_revenue as decimal(18, 2))
            as ledger_usage_revenue,
        cast(customer_months.invoiced_usage as decimal(18, 2)) as invoiced_usage,
        cast(customer_months.invoiced_overage as decimal(18, 2)) as invoiced_overage
    from customer_months
    left join levels
        on
            customer_months.month = levels.month
            and customer_months.customer_id = levels.customer_id
    where
        {{ add_days('cast(customer_months.month + interval 1 month as date)', -1) }}
        <= {{ as_of_date() }}

)

select * from final
