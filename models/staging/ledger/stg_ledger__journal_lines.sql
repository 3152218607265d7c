-- One row per key of ledger.journal_lines whose current version stands.
with

final as (

    select
        journal_line_id,
        journal_id,
        posting_date,
        account_number,
        customer_account_id,
        sku,
        service_month,
        entry_source,
        debit_amount,
        credit_amount,
        memo,
        posted_at,
        loaded_at
    from {{ ref('base_ledger__journal_lines') }}
    where row_status = 'current'

)

select * from final
