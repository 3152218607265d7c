-- One row per close of a fiscal month as of today: who signed it off, what it froze.
-- A month that was re-opened and closed again has a row for each; is_newest marks one.
with

closed_periods as (

    select
        month,
        close_version,
        closed_at,
        frozen_on,
        is_backfilled,
        row_count,
        ending_cmrr,
        bridge_hash,
        max(close_version) over (partition by month) as newest_close_version
    from {{ ref('fct_closed_periods') }}
    where frozen_on <= {{ as_of_date() }}

),

sign_offs as (

    select
        month,
        close_version,
        signed_off_by,
        signed_off_role,
        signed_off_date
    from {{ ref('period_close_sign_offs') }}
    where signed_off_date <= {{ as_of_date() }}

),

final as (

    select
        closed_periods.month,
        closed_periods.close_version,
        closed_periods.closed_at,
        closed_periods.frozen_on,
        sign_offs.signed_off_by,
        sign_offs.signed_off_role,
        sign_offs.signed_off_date,
        closed_periods.row_count,
        closed_periods.ending_cmrr,
        closed_periods.bridge_hash,
        closed_periods.close_version = closed_periods.newest_close_version
            as is_newest,
        closed_periods.is_backfilled
    from closed_periods
    left join sign_offs
        on
            closed_periods.month = sign_offs.month
            and closed_periods.close_version = sign_offs.close_version

)

select * from final
