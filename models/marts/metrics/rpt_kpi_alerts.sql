-- One row per target and slice that missed its bounds in the newest period that is
-- over, with the first of the periods in a row that missed.
with

target_values as (

    select
        target_id,
        metric,
        kpi,
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        value,
        sample_size,
        at_least,
        at_most,
        shortfall,
        rating,
        source,
        is_newest
    from {{ ref('kpi_target_values') }}

),

last_kept as (

    select
        target_id,
        dimension_value,
        max(period_start) as period_start
    from target_values
    where rating <> 'missed'
    group by target_id, dimension_value

),

missed_since as (

    select
        target_values.target_id,
        target_values.dimension_value,
        min(target_values.period_start) as missed_since_date,
        count(*) as missed_periods
    from target_values
    left join last_kept
        on
            target_values.target_id = last_kept.target_id
            and target_values.dimension_value = last_kept.dimension_value
    where
        target_values.period_start > last_kept.period_start
        or last_kept.period_start is null
    group by target_values.target_id, target_values.dimension_value

),

final as (

    select
        target_values.target_id,
        target_values.metric,
        target_values.kpi,
        target_values.period_grain,
        target_values.period_start,
        target_values.dimension_name,
        target_values.dimension_value,
        target_values.value,
        target_values.sample_size,
        target_values.at_least,
        target_values.at_most,
        cast(target_values.shortfall as decimal(28, 6)) as shortfall,
        cast(missed_since.missed_periods as integer) as missed_periods,
        missed_since.missed_since_date,
        target_values.source
    from target_values
    inner join missed_since
        on
            target_values.target_id = missed_since.target_id
            and target_values.dimension_value = missed_since.dimension_value
    where target_values.is_newest and target_values.rating = 'missed'

)

select * from final
