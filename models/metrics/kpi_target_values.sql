-- One row per target, slice and period that is over: the value against its bounds.
with

targets as (

    select
        target_id,
        metric,
        period_grain,
        dimension_name,
        dimension_value,
        at_least,
        at_most,
        best,
        minimum_sample_size,
        is_benchmark,
        source
    from {{ ref('kpi_targets') }}

),

kpis as (

    select
        metric,
        kpi,
        period_grain,
        period_start,
        period_end,
        dimension_name,
        dimension_value,
        value,
        sample_size
    from {{ ref('rpt_kpis') }}
    where is_complete

),

final as (

    select
        targets.target_id,
        targets.metric,
        kpis.kpi,
        targets.period_grain,
        kpis.period_start,
        kpis.period_end,
        targets.dimension_name,
        kpis.dimension_value,
        kpis.value,
        kpis.sample_size,
        targets.at_least,
        targets.at_most,
        targets.best,
        case
            when kpis.value is null then 'no_value'
            when kpis.sample_size < targets.minimum_sample_size then 'too_few'
            when kpis.value < targets.at_least or kpis.value > targets.at_most
                then 'missed'
            when targets.at_least is not null and kpis.value >= targets.best then 'best'
            when targets.at_least is null and kpis.value <= targets.best then 'best'
            else 'met'
        end as rating,
        coalesce(
            greatest(targets.at_least - kpis.value, kpis.value - targets.at_most, 0), 0
        ) as shortfall,
        targets.is_benchmark,
        targets.source,
        kpis.period_start = max(kpis.period_start) over (
            partition by targets.target_id
        ) as is_newest
    from targets
    inner join kpis
        on
            targets.metric = kpis.metric
            and targets.period_grain = kpis.period_grain
            and targets.dimension_name = kpis.dimension_name
            and coalesce(targets.dimension_value, kpis.dimension_value)
            = kpis.dimension_value

)

select * from final
