-- One row per horizon and health band (and all_bands): the share that left, over past
-- quarter ends whose horizon has passed. What a band alone says of the chance.
with

cases as (

    select
        horizon_days,
        customer_id,
        health_date,
        is_lost
    from {{ ref('int_health_backtest_cases') }}

),

health as (

    select
        customer_id,
        health_date,
        health_band
    from {{ ref('fct_customer_health') }}

),

banded_cases as (

    select
        cases.horizon_days,
        cases.is_lost,
        health.health_band
    from cases
    inner join health
        on
            cases.customer_id = health.customer_id
            and cases.health_date = health.health_date
    where health.health_band is not null

    union all

    select
        horizon_days,
        is_lost,
        'all_bands' as health_band
    from cases

),

bands as (

    select
        horizon_days,
        health_band,
        cast(count(*) as integer) as cases,
        cast(count(*) filter (where is_lost) as integer) as losses
    from banded_cases
    group by horizon_days, health_band

),

final as (

    select
        horizon_days,
        health_band,
        cases,
        losses,
        {{ ratio('losses', 'cases') }} as loss_rate,
        {{ wilson_bound('losses', 'cases', 'low') }} as loss_rate_low,
        {{ wilson_bound('losses', 'cases', 'high') }} as loss_rate_high
    from bands

)

select * from final
