-- From CMRR, every step leads to the level that it says, for the company and for every
-- customer. The four levels are taken from four facts, so a fact that disagrees shows.
with

steps as (

    select
        month,
        customer_id,
        step_number,
        step,
        running_level,
        first_value(running_level) over walk
        + sum(coalesce(amount, 0)) over walk as footed_level
    from {{ ref('rpt_cmrr_to_ledger') }}
    window walk as (
        partition by month, customer_id
        order by step_number
        rows between unbounded preceding and current row
    )

)

select
    month,
    customer_id,
    step_number,
    step,
    running_level,
    footed_level
from steps
where running_level <> footed_level
