-- One row per accepted row of ledger.gl_accounts: the current version of its key.
with

final as (

    select
        account_number,
        account_name,
        account_class,
        loaded_at
    from {{ ref('base_ledger__gl_accounts') }}
    where row_status = 'current'

)

select * from final
