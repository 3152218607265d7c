-- One row per accepted row of ledger.fiscal_periods: the current version of its key.
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
