-- One row per due quarter and segment (or total): what is kept or likely to be kept,
-- with a range, against locked and planned. Ranges of segments never add up.
with

contracts as (

    select *
    from {{ ref('fct_renewal_quarters') }}

),

contracts_by_segment as (

    select
        *,
        segment as reported_segment
    from contracts

    union all

    select
        *,
        'total' as reported_segment
    from contracts

),

cells as (

    select
        due_quarter_start,
        quarters_ahead,
        reported_segment,
        count(*) filter (where expected_cmrr > 0) as renewals,
        count(*) filter (where is_open and expected_cmrr > 0)
            as open_renewals,
        count(*) filter (where is_open and forecast_cmrr is null)
            as unknown_renewals,
        sum(expected_cmrr) as due_cmrr,
        sum(expected_cmrr) filter (where is_open) as open_cmrr,
        sum(retained_cmrr) as retained_cmrr,
        sum(locked_cmrr) as locked_cmrr,
        sum(planned_cmrr) as planned_cmrr,
        sum(forecast_cmrr) as open_forecast_cmrr,
        -- Each renewal falls by itself; what is wrong with a chance is wrong for all.
        sum(power(cast(expected_cmrr as double) * cast(chance_deviation as double), 2))
        + coalesce(
            power(
                cast(sum(expected_cmrr) filter (where is_open) as double)
                * max(cast(chance_deviation as double)),
                2
            ) / nullif(max(chance_renewals), 0),
            0
        ) as variance
    from contracts_by_segment
    group by
        due_quarter_start,
        quarters_ahead,
        reported_segment,
        chance_band,
        chance_quarters_ahead

),

quarters as (

    select
        due_quarter_start,
        quarters_ahead,
        reported_segment as segment,
        sum(renewals) as renewals,
        sum(open_renewals) as open_renewals,
        sum(unknown_renewals) as unknown_renewals,
        sum(due_cmrr) as due_cmrr,
        coalesce(sum(open_cmrr), 0) as open_cmrr,
        coalesce(sum(retained_cmrr), 0) as retained_cmrr,
        sum(locked_cmrr) as locked_cmrr,
        sum(planned_cmrr) as planned_cmrr,
        coalesce(sum(open_forecast_cmrr), 0) as open_forecast_cmrr,
        sqrt(coalesce(sum(variance), 0)) as deviation
    from cells
    group by due_quarter_start, quarters_ahead, reported_segment

),

forecasts as (

    select
        *,
        case when unknown_renewals = 0 then open_forecast_cmrr end as known_cmrr
    from quarters

),

final as (

    select
        due_quarter_start,
        segment,
        cast(quarters_ahead as integer) as quarters_ahead,
        cast(renewals as integer) as renewals,
        cast(open_renewals as integer) as open_renewals,
        cast(due_cmrr as decimal(18, 2)) as due_cmrr,
        cast(open_cmrr as decimal(18, 2)) as open_cmrr,
        cast(retained_cmrr as decimal(18, 2)) as retained_cmrr,
        cast(retained_cmrr + known_cmrr as decimal(18, 2)) as forecast_cmrr,
        cast(
            case
                when known_cmrr is not null
                    then
                        retained_cmrr
                        + greatest(round(known_cmrr - 1.96 * deviation, 2), 0)
            end as decimal(18, 2)
        ) as forecast_low,
        cast(
            case
                when known_cmrr is not null
                    then
                        retained_cmrr
                        + least(round(known_cmrr + 1.96 * deviation, 2), open_cmrr)
            end as decimal(18, 2)
        ) as forecast_high,
        {{ ratio('retained_cmrr + known_cmrr', 'due_cmrr') }} as forecast_rate,
        cast(locked_cmrr as decimal(18, 2)) as locked_cmrr,
        cast(planned_cmrr as decimal(18, 2)) as planned_cmrr,
        cast(retained_cmrr + known_cmrr - planned_cmrr as decimal(18, 2))
            as forecast_less_planned
    from forecasts

)

select * from final
