-- One row per close of a fiscal month by the as-of date, also one that was re-opened.
-- Every landed version of a period tells of its close; the newest alone must stand.
with

standing_periods as (

    select period_start
    from {{ ref('stg_ledger__fiscal_periods') }}

),

period_versions as (

    select
        period_start,
        closed_at,
        {{ local_date('closed_at') }} as close_date
    from {{ ref('base_ledger__fiscal_periods') }}
    where closed_at is not null

),

final as (

    select
        period_versions.period_start as month,
        period_versions.closed_at,
        period_versions.close_date
    from period_versions
    inner join standing_periods
        on period_versions.period_start = standing_periods.period_start
    where period_versions.close_date <= {{ as_of_date() }}
    group by
        period_versions.period_start,
        period_versions.closed_at,
        period_versions.close_date

)

select * from final
