-- By every dimension and in every period churn sums to the losses in the movements,
-- the reasons that the seed lacks and customers without a value included; and the lost
-- logos of the total are those of the rates.
with

dimensions as (

    select distinct dimension_name
    from {{ ref('rpt_churn_analysis') }}

),

months_in_periods as (

    select
        'month' as period_grain,
        month as period_start,
        month
    from {{ ref('dim_fiscal_months') }}

    union all

    select
        'quarter' as period_grain,
        fiscal_quarter_start as period_start,
        month
    from {{ ref('dim_fiscal_months') }}

    union all

    select
        'year' as period_grain,
        fiscal_year_start as period_start,
        month
    from {{ ref('dim_fiscal_months') }}

),

losses as (

    select
        months.period_grain,
        months.period_start,
        -sum(movements.amount) as lost_cmrr,
        count(*) as lost_movements
    from {{ ref('fct_cmrr_movements') }} as movements
    inner join months_in_periods as months
        on months.month = cast(date_trunc('month', movements.movement_date) as date)
    where movements.reason_code is not null
    group by months.period_grain, months.period_start

),

expected as (

    select
        rates.period_grain,
        rates.period_start,
        dimensions.dimension_name,
        rates.lost_customers,
        coalesce(losses.lost_cmrr, 0) as lost_cmrr,
        coalesce(losses.lost_movements, 0) as lost_movements
    from {{ ref('rpt_cmrr_rates') }} as rates
    cross join dimensions
    left join losses
        on
            rates.period_grain = losses.period_grain
            and rates.period_start = losses.period_start

),

slices as (

    select
        period_grain,
        period_start,
        dimension_name,
        sum(lost_cmrr) as lost_cmrr,
        sum(lost_movements) as lost_movements,
        sum(lost_logos) as lost_logos
    from {{ ref('rpt_churn_analysis') }}
    group by period_grain, period_start, dimension_name

)

select
    expected.period_grain,
    expected.period_start,
    expected.dimension_name,
    expected.lost_cmrr as expected_lost_cmrr,
    slices.lost_cmrr
from expected
left join slices
    on
        expected.period_grain = slices.period_grain
        and expected.period_start = slices.period_start
        and expected.dimension_name = slices.dimension_name
where
    expected.lost_cmrr <> coalesce(slices.lost_cmrr, 0)
    or expected.lost_movements <> coalesce(slices.lost_movements, 0)
    or (
        expected.dimension_name = 'total'
        and expected.lost_customers <> coalesce(slices.lost_logos, 0)
    )
