-- CMRR is recognised MRR plus what is booked and held over, less what was given notice
-- and what is not signed yet. Each amount is summed by itself; a day counted in two of
-- them, or in none, would pass unseen on the way from CMRR to the books.
select
    month,
    contract_family_id,
    sku,
    cmrr,
    recognised_mrr,
    booked_not_live,
    held_over,
    notice_not_effective,
    unsigned_in_service
from {{ ref('fct_cmrr_months') }}
where
    cmrr
    <> recognised_mrr
    + booked_not_live
    + held_over
    - notice_not_effective
    - unsigned_in_service
