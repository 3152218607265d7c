-- One row per journal line on an account of recurring revenue: what it speaks of.
-- A customer or SKU that it does not name, or that nobody knows, is not_given.
with

revenue_accounts as (

    select account_number
    from {{ ref('stg_ledger__gl_accounts') }}
    where account_class = 'recurring_revenue'

),

journal_lines as (

    select
        journal_line_id,
        journal_id,
        posting_date,
        account_number,
        customer_account_id,
        sku,
        service_month,
        entry_source,
        credit_amount - debit_amount as amount,
        memo
    from {{ ref('stg_ledger__journal_lines') }}

),

accounts as (

    select account_id
    from {{ ref('base_crm__accounts') }}
    where version_number = 1

),

products as (

    select sku
    from {{ ref('base_billing__products') }}
    where version_number = 1

),

final as (

    select
        journal_lines.journal_line_id,
        journal_lines.journal_id,
        journal_lines.account_number,
        journal_lines.entry_source,
        coalesce(accounts.account_id, 'not_given') as customer_id,
        coalesce(products.sku, 'not_given') as sku,
        cast(journal_lines.amount as decimal(18, 2)) as amount,
        journal_lines.sku is null
        and journal_lines.entry_source = 'revenue_recognition' as is_without_sku,
        journal_lines.memo,
        journal_lines.posting_date,
        cast(date_trunc('month', journal_lines.posting_date) as date) as month_posted,
        cast(
            date_trunc(
                'month',
                coalesce(journal_lines.service_month, journal_lines.posting_date)
            ) as date
        ) as service_month
    from journal_lines
    inner join revenue_accounts
        on journal_lines.account_number = revenue_accounts.account_number
    left join accounts
        on journal_lines.customer_account_id = accounts.account_id
    left join products
        on journal_lines.sku = products.sku

)

select * from final
