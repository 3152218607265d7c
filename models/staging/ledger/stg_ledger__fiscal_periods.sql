-- One row per key of ledger.fiscal_periods whose current version stands.
with

final as (

    select
        period_start,
        period_end,
        fiscal_year,
        fiscal_quarter,
        closed_at,
        loaded_at
    from {{ ref('base_ledger__fiscal_periods') }}
    where row_status = 'current'

)

select * from final
