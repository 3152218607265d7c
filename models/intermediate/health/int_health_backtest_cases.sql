-- One row per past fiscal quarter end, horizon and customer with CMRR then: what was
-- known, and what came of it. Health is of the newest day of the week before.
with

quarter_ends as (

    select
        {{ add_days(
            'cast(fiscal_quarter_start + interval 3 month as date)', -1
        ) }} as quarter_end,
        max(fiscal_year) as fiscal_year,
        max(fiscal_quarter) as fiscal_quarter
    from {{ ref('int_fiscal_months') }}
    group by fiscal_quarter_start

),

horizons as (

    select 90 as horizon_days

    union all

    select 180 as horizon_days

),

finished as (

    select
        quarter_ends.quarter_end,
        quarter_ends.fiscal_year,
        quarter_ends.fiscal_quarter,
        horizons.horizon_days,
        {{ add_days('quarter_ends.quarter_end', 'horizons.horizon_days') }}
            as horizon_date
    from quarter_ends
    cross join horizons
    where
        {{ add_days('quarter_ends.quarter_end', 'horizons.horizon_days') }}
        <= {{ as_of_date() }}

),

cmrr_spells as (

    select
        customer_id,
        cmrr,
        from_date,
        to_date
    from {{ ref('int_customer_segment_spells') }}

),

first_days as (

    select
        customer_id,
        min(from_date) as first_cmrr_date
    from cmrr_spells
    where cmrr > 0
    group by customer_id

),

losses as (

    select
        customer_id,
        change_date,
        sum(case when change_amount < 0 then -change_amount else 0 end) as lost_cmrr
    from {{ ref('int_cmrr_change_points') }}
    group by customer_id, change_date

),

health_days as (

    select
        health_day_number,
        customer_id,
        health_date,
        segment
    from {{ ref('int_health_days') }}

),

cases as (

    select
        finished.quarter_end,
        finished.fiscal_year,
        finished.fiscal_quarter,
        finished.horizon_days,
        finished.horizon_date,
        cmrr_spells.customer_id,
        cmrr_spells.cmrr,
        max(health_days.health_day_number) as health_day_number
    from finished
    inner join cmrr_spells
        on
            finished.quarter_end >= cmrr_spells.from_date
            and (
                finished.quarter_end < cmrr_spells.to_date
                or cmrr_spells.to_date is null
            )
            and cmrr_spells.cmrr > 0
    inner join health_days
        on
            cmrr_spells.customer_id = health_days.customer_id
            and health_days.health_date
            between {{ add_days('finished.quarter_end', -6) }} and finished.quarter_end
    group by
        finished.quarter_end,
        finished.fiscal_year,
        finished.fiscal_quarter,
        finished.horizon_days,
        finished.horizon_date,
        cmrr_spells.customer_id,
        cmrr_spells.cmrr

),

leavers as (

    select
        cases.quarter_end,
        cases.horizon_days,
        cases.customer_id
    from cases
    inner join cmrr_spells
        on
            cases.customer_id = cmrr_spells.customer_id
            and cmrr_spells.cmrr <= 0
            and cases.quarter_end < cmrr_spells.from_date
            and cases.horizon_date >= cmrr_spells.from_date
    group by cases.quarter_end, cases.horizon_days, cases.customer_id

),

lost_amounts as (

    select
        cases.quarter_end,
        cases.horizon_days,
        cases.customer_id,
        sum(losses.lost_cmrr) as lost_cmrr
    from cases
    inner join losses
        on
            cases.customer_id = losses.customer_id
            and cases.quarter_end < losses.change_date
            and cases.horizon_date >= losses.change_date
    group by cases.quarter_end, cases.horizon_days, cases.customer_id

),

final as (

    select
        cases.quarter_end,
        cases.fiscal_year,
        cases.fiscal_quarter,
        cases.horizon_days,
        cases.horizon_date,
        cases.customer_id,
        health_days.segment,
        cases.health_day_number,
        health_days.health_date,
        cases.cmrr,
        cast(
            least(coalesce(lost_amounts.lost_cmrr, 0), cases.cmrr) as decimal(18, 2)
        ) as lost_cmrr,
        leavers.customer_id is not null as is_lost,
        cases.quarter_end - first_days.first_cmrr_date as tenure_days
    from cases
    inner join health_days
        on cases.health_day_number = health_days.health_day_number
    inner join first_days
        on cases.customer_id = first_days.customer_id
    left join leavers
        on
            cases.quarter_end = leavers.quarter_end
            and cases.horizon_days = leavers.horizon_days
            and cases.customer_id = leavers.customer_id
    left join lost_amounts
        on
            cases.quarter_end = lost_amounts.quarter_end
            and cases.horizon_days = lost_amounts.horizon_days
            and cases.customer_id = lost_amounts.customer_id

)

select * from final
