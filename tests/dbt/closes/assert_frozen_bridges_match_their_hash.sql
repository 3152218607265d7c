-- A frozen bridge is what the close wrote, to the cent: a row more or less, or an
-- amount changed by hand or by a migration, no longer gives the hash signed off.
with

frozen_bridges as (

    select
        month,
        close_version,
        cast(count(*) as integer) as row_count,
        cast(sum(ending_cmrr) as decimal(18, 2)) as ending_cmrr,
        {{ frozen_figures_hash(bridge_columns()) }} as bridge_hash
    from {{ ref('fct_closed_bridges') }}
    group by month, close_version

)

select
    closed_periods.month,
    closed_periods.close_version,
    closed_periods.bridge_hash,
    frozen_bridges.bridge_hash as recomputed_hash
from {{ ref('fct_closed_periods') }} as closed_periods
full outer join frozen_bridges
    on
        closed_periods.month = frozen_bridges.month
        and closed_periods.close_version = frozen_bridges.close_version
where
    closed_periods.month is null
    or closed_periods.row_count <> coalesce(frozen_bridges.row_count, 0)
    or closed_periods.ending_cmrr <> coalesce(frozen_bridges.ending_cmrr, 0)
    or closed_periods.bridge_hash <> coalesce(frozen_bridges.bridge_hash, md5(''))
