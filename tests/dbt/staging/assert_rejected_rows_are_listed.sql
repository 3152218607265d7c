-- What staging rejects or lists is in fct_rejected_rows, and so is a second renewal.
-- Without this a rule could set rows aside where nobody sees them.
with

second_renewals as (

    select count(*) as contract_count
    from {{ ref('int_contract_families') }}
    where is_second_renewal

),

expected as (

    select
        landed_tables.source_name,
        landed_tables.table_name,
        landed_tables.rejected_rows as set_aside_rows,
        case
            when landed_tables.source_name || '.' || landed_tables.table_name
                = 'billing.contracts'
                then landed_tables.listed_rows + second_renewals.contract_count
            else landed_tables.listed_rows
        end as listed_rows
    from {{ ref('fct_landed_tables') }} as landed_tables
    cross join second_renewals

),

shown as (

    select
        source_name,
        table_name,
        count(case when is_set_aside then 1 end) as set_aside_rows,
        count(case when not is_set_aside then 1 end) as listed_rows
    from {{ ref('fct_rejected_rows') }}
    group by source_name, table_name

)

select
    expected.source_name,
    expected.table_name,
    expected.set_aside_rows,
    expected.listed_rows,
    shown.set_aside_rows as shown_set_aside_rows,
    shown.listed_rows as shown_listed_rows
from expected
left join shown
    on
        expected.source_name = shown.source_name
        and expected.table_name = shown.table_name
where
    expected.set_aside_rows <> coalesce(shown.set_aside_rows, 0)
    or expected.listed_rows <> coalesce(shown.listed_rows, 0)
