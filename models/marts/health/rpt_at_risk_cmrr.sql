-- One row per due quarter, risk level and intention: expected CMRR of renewals not yet
-- answered. quarters_ahead 1 to 4 are the next four; 0 is the running quarter.
with

forecasts as (

    select *
    from {{ ref('fct_renewal_forecasts') }}

),

final as (

    select
        due_quarter_start,
        risk_level,
        intention,
        quarters_ahead,
        cast(count(*) as integer) as renewals,
        cast(count(distinct customer_id) as integer) as customers,
        cast(sum(expected_cmrr) as decimal(18, 2)) as at_risk_cmrr,
        cast(
            case when count(forecast_cmrr) = count(*) then sum(forecast_cmrr) end
            as decimal(18, 2)
        ) as forecast_cmrr
    from forecasts
    group by due_quarter_start, risk_level, intention, quarters_ahead

)

select * from final
