-- One row per fiscal quarter at whose end health was tested, horizon and slice; and for
-- all quarters so far, in the newest of them.
with

tests as (

    select
        case when period = 'all' then null else cast(period as date) end as quarter_end,
        horizon_days,
        segment,
        scorer,
        auc,
        customers,
        customers_lost
    from {{ ref('fct_health_backtest') }}
    where segment = 'total' or scorer = 'health_score'

),

newest as (

    select
        horizon_days,
        max(quarter_end) as quarter_end
    from tests
    group by horizon_days

),

bands as (

    select
        quarter_end,
        horizon_days,
        segment,
        group_name as health_band,
        customers,
        customers_lost
    from {{ ref('fct_health_backtest_groups') }}
    where grouping_name = 'band'

),

sides as (

    select
        quarter_end,
        horizon_days,
        segment,
        sum(case when health_band = 'red' then customers end) as red_customers,
        sum(case when health_band = 'red' then customers_lost end)
            as red_customers_lost,
        sum(case when health_band = 'green' then customers end) as green_customers,
        sum(case when health_band = 'green' then customers_lost end)
            as green_customers_lost
    from bands
    group by quarter_end, horizon_days, segment

),

{%- set slices = [
    ('total', "'all'", "segment = 'total' and scorer = 'health_score'"),
    ('segment', 'segment', "segment <> 'total'"),
    ('scorer', 'scorer', "segment = 'total'"),
] %}

sliced_tests as (

    {%- for name, value, condition in slices %}
    select
        tests.quarter_end,
        tests.horizon_days,
        tests.segment,
        '{{ name }}' as dimension_name,
        {{ value if value.startswith("'") else 'tests.' ~ value }} as dimension_value,
        tests.auc,
        tests.customers,
        tests.customers_lost
    from tests
    where tests.{{ condition.replace('and ', 'and tests.') }}

    union all
    {% endfor %}
    select
        quarter_end,
        horizon_days,
        null as segment,
        'health_band' as dimension_name,
        health_band as dimension_value,
        null as auc,
        customers,
        customers_lost
    from bands
    where segment = 'total'

),

quarters as (

    select
        period_start,
        month
    from {{ ref('kpi_months') }}
    where period_grain = 'quarter'

),

final as (

    select
        'quarter' as period_grain,
        quarters.period_start,
        tests.dimension_name,
        tests.dimension_value,
        tests.horizon_days,
        tests.quarter_end is null as is_to_date,
        cast(tests.auc as decimal(18, 6)) as auc,
        tests.customers,
        tests.customers_lost,
        sides.red_customers,
        sides.red_customers_lost,
        sides.green_customers,
        sides.green_customers_lost
    from sliced_tests as tests
    inner join newest
        on tests.horizon_days = newest.horizon_days
    inner join quarters
        on
            quarters.month = cast(
                date_trunc(
                    'month', coalesce(tests.quarter_end, newest.quarter_end)
                ) as date
            )
    left join sides
        on
            tests.quarter_end = sides.quarter_end
            and tests.horizon_days = sides.horizon_days
            and tests.segment = sides.segment
            and tests.dimension_name <> 'scorer'

)

select * from final
