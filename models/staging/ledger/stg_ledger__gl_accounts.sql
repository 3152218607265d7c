-- One row per key of ledger.gl_accounts whose current version stands.
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
