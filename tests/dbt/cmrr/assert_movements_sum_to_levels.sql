-- For every month end, family and SKU the movements so far sum to CMRR as the lines
-- give it, and neither side has rows that the other lacks. Movements and levels are
-- made of the same lines by different ways; without this check a change told twice, or
-- not at all, would make the bridge foot to a level that nobody has.
with

months as (

    select
        month,
        report_date
    from {{ ref('int_months') }}

),

changes_by_month as (

    select
        contract_family_id,
        sku,
        cast(date_trunc('month', movement_date) as date) as from_month,
        sum(amount) as amount
    from {{ ref('fct_cmrr_movements') }}
    group by contract_family_id, sku, from_month

),

spans as (

    select
        contract_family_id,
        sku,
        from_month,
        sum(amount) over (
            partition by contract_family_id, sku
            order by from_month
            rows between unbounded preceding and current row
        ) as cmrr,
        lead(from_month) over (
            partition by contract_family_id, sku order by from_month
        ) as to_month
    from changes_by_month

),

summed_movements as (

    select
        months.month,
        spans.contract_family_id,
        spans.sku,
        spans.cmrr
    from spans
    inner join months
        on
            spans.from_month <= months.month
            and (spans.to_month > months.month or spans.to_month is null)

),

levels as (

    select
        month,
        contract_family_id,
        sku,
        cmrr
    from {{ ref('fct_cmrr_months') }}

)

select
    coalesce(levels.month, summed_movements.month) as month,
    coalesce(levels.contract_family_id, summed_movements.contract_family_id)
        as contract_family_id,
    coalesce(levels.sku, summed_movements.sku) as sku,
    levels.cmrr as level_cmrr,
    summed_movements.cmrr as movement_cmrr
from levels
full join summed_movements
    on
        levels.month = summed_movements.month
        and levels.contract_family_id = summed_movements.contract_family_id
        and levels.sku = summed_movements.sku
where coalesce(levels.cmrr, 0) <> coalesce(summed_movements.cmrr, 0)
