-- The floor: from the days of the lines, taken as known, the same change points, month-end
-- levels and bridge by plain sums over windows. Nothing is priced, paired, compared, typed
-- or explained. Three tables, one beside each mart; written to the same file.

create schema floor;

create table floor.movements as
with edges as (
    select
        customer_id,
        contract_family_id,
        sku,
        commit_start_date as movement_date,
        reporting_mrr as amount
    from intermediate.int_line_commitments
    where commit_start_date < commit_end_date
    union all
    select customer_id, contract_family_id, sku, commit_end_date, -reporting_mrr
    from intermediate.int_line_commitments
    where commit_start_date < commit_end_date
)

select
    movement_date,
    customer_id,
    contract_family_id,
    sku,
    sum(amount) as amount,
    sum(sum(amount)) over (
        partition by contract_family_id, sku
        order by movement_date
    ) as cmrr
from edges
where movement_date <= cast(getvariable('as_of') as date)
group by movement_date, customer_id, contract_family_id, sku;

create table floor.months as
with lines as (
    select
        customer_id,
        contract_family_id,
        sku,
        reporting_mrr,
        commit_start_date as start_date,
        commit_end_date as end_date,
        service_start_date as live_date,
        greatest(service_over_date, service_start_date) as over_date
    from intermediate.int_line_commitments
    where reporting_mrr <> 0
),

spells as (
    select *, 1 as measure, start_date as from_date, end_date as to_date
    from lines
    union all
    select *, 2, live_date, over_date
    from lines
    union all
    select *, 3, start_date, least(end_date, live_date)
    from lines
    union all
    select *, 4, greatest(start_date, over_date), end_date
    from lines
    union all
    select *, 5, greatest(live_date, start_date, end_date), over_date
    from lines
    union all
    select *, 6, live_date, least(over_date, start_date)
    from lines
),

edges as (
    select customer_id, contract_family_id, sku, measure, from_date as day, reporting_mrr as amount
    from spells
    where from_date < to_date
    union all
    select customer_id, contract_family_id, sku, measure, to_date, -reporting_mrr
    from spells
    where from_date < to_date
),

changes as (
    select
        customer_id,
        contract_family_id,
        sku,
        cast(date_trunc('month', day) as date) as month,
        coalesce(sum(amount) filter (where measure = 1), 0) as cmrr,
        coalesce(sum(amount) filter (where measure = 2), 0) as recognised_mrr,
        coalesce(sum(amount) filter (where measure = 3), 0) as booked_not_live,
        coalesce(sum(amount) filter (where measure = 4), 0) as held_over,
        coalesce(sum(amount) filter (where measure = 5), 0) as notice_not_effective,
        coalesce(sum(amount) filter (where measure = 6), 0) as unsigned_in_service
    from edges
    where day <= cast(getvariable('as_of') as date)
    group by customer_id, contract_family_id, sku, date_trunc('month', day)
),

levels as (
    select
        customer_id,
        contract_family_id,
        sku,
        month as from_month,
        lead(month) over family_sku as to_month,
        sum(cmrr) over family_sku as cmrr,
        sum(recognised_mrr) over family_sku as recognised_mrr,
        sum(booked_not_live) over family_sku as booked_not_live,
        sum(held_over) over family_sku as held_over,
        sum(notice_not_effective) over family_sku as notice_not_effective,
        sum(unsigned_in_service) over family_sku as unsigned_in_service
    from changes
    window family_sku as (partition by contract_family_id, sku order by month)
)

select
    months.month,
    levels.* exclude (from_month, to_month)
from levels
inner join intermediate.int_months as months
    on
        levels.from_month <= months.month
        and coalesce(levels.to_month, date '9999-01-01') > months.month
where
    cmrr <> 0
    or recognised_mrr <> 0
    or booked_not_live <> 0
    or held_over <> 0
    or notice_not_effective <> 0
    or unsigned_in_service <> 0;

create table floor.bridge as
with changes as (
    select
        cast(date_trunc('month', movement_date) as date) as month,
        customer_id,
        contract_family_id,
        sku,
        sum(amount) as change_amount
    from floor.movements
    group by date_trunc('month', movement_date), customer_id, contract_family_id, sku
),

levels as (
    select
        *,
        sum(change_amount) over family_sku as ending_cmrr,
        lead(month) over family_sku as next_month
    from changes
    window family_sku as (partition by contract_family_id, sku order by month)
)

select
    months.month,
    levels.customer_id,
    levels.contract_family_id,
    levels.sku,
    case
        when months.month = levels.month then levels.ending_cmrr - levels.change_amount
        else levels.ending_cmrr
    end as beginning_cmrr,
    case when months.month = levels.month then levels.change_amount else 0 end as change_amount,
    levels.ending_cmrr
from levels
inner join intermediate.int_months as months
    on
        levels.month <= months.month
        and coalesce(levels.next_month, date '9999-01-01') > months.month
where months.month = levels.month or levels.ending_cmrr <> 0;
