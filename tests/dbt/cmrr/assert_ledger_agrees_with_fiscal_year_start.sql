-- The ledger's fiscal quarters are those of the variable fiscal_year_start_month, and
-- its years are numbered one way throughout: by the calendar year in which they end,
-- or in which they begin. Months that the ledger lacks follow the variable; if the two
-- told different stories, one fiscal year would be reported with a hole or a month
-- twice.
with

fiscal_months as (

    select
        month,
        fiscal_year,
        fiscal_quarter,
        ledger_fiscal_year,
        ledger_fiscal_quarter,
        derived_fiscal_year,
        derived_fiscal_quarter,
        ledger_year_offset
    from {{ ref('int_fiscal_months') }}

)

select
    month,
    ledger_fiscal_year,
    ledger_fiscal_quarter,
    derived_fiscal_year,
    derived_fiscal_quarter,
    ledger_year_offset
from fiscal_months
where
    ledger_fiscal_quarter <> derived_fiscal_quarter
    or ledger_fiscal_year - derived_fiscal_year <> ledger_year_offset
    or ledger_year_offset not in (-1, 0)
    or (
        ledger_year_offset = -1 and {{ var('fiscal_year_start_month') }} = 1
    )
