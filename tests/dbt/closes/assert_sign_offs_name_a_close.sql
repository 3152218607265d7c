-- A signature under a close that never was would be lost without a word.
select
    sign_offs.month,
    sign_offs.close_version,
    sign_offs.signed_off_by
from {{ ref('period_close_sign_offs') }} as sign_offs
left join {{ ref('fct_closed_periods') }} as closed_periods
    on
        sign_offs.month = closed_periods.month
        and sign_offs.close_version = closed_periods.close_version
where
    closed_periods.month is null
    and sign_offs.signed_off_date <= {{ as_of_date() }}
