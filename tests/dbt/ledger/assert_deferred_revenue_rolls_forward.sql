-- Each contract's month foots and opens with what the month before closed with; a month
-- that is missing closed at nothing. All expected revenue of a month is recognised.
with

contract_months as (

    select
        *,
        lag(month) over contract as earlier_month,
        lag(closing_deferred) over contract as earlier_closing,
        lead(month) over contract as later_month,
        max(month) over () as last_month
    from {{ ref('fct_deferred_revenue') }}
    window contract as (partition by contract_id, customer_id order by month)

),

broken_months as (

    select
        month,
        contract_id
    from contract_months
    where
        opening_deferred + invoiced - recognised <> closing_deferred
        or opening_deferred <> case
            when earlier_month = cast(month - interval 1 month as date)
                then earlier_closing
            else 0
        end
        or (
            closing_deferred <> 0
            and coalesce(later_month, cast('9999-12-01' as date))
            > cast(month + interval 1 month as date)
            and month < last_month
        )

),

recognised as (

    select
        month,
        recognised as amount
    from {{ ref('fct_deferred_revenue') }}

    union all

    select
        month,
        -expected_revenue as amount
    from {{ ref('fct_expected_revenue_lines') }}

),

invoiced as (

    select
        month,
        invoiced as amount
    from {{ ref('fct_deferred_revenue') }}

    union all

    select
        lines.month,
        -lines.reporting_amount as amount
    from {{ ref('int_invoice_lines_converted') }} as lines
    left join {{ ref('dim_products') }} as products
        on lines.sku = products.sku
    where
        lines.line_type in ('recurring', 'credit')
        and coalesce(products.charge_type, 'recurring') = 'recurring'
        and {{ add_days('cast(lines.month + interval 1 month as date)', -1) }}
        <= {{ as_of_date() }}

)

select
    month,
    contract_id
from broken_months

union all

select
    month,
    'all recognised' as contract_id
from recognised
group by month
having sum(amount) <> 0

union all

select
    month,
    'all invoiced' as contract_id
from invoiced
group by month
having sum(amount) <> 0
