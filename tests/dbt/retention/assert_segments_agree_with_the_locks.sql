-- On every day on which CMRR changed a customer has the same segment in its history as
-- in the spells that locks of expected CMRR take theirs from. Two ways to tell a past
-- segment would put one renewal in two slices.
select
    spells.customer_id,
    spells.from_date,
    spells.segment,
    history.segment as segment_of_history
from {{ ref('int_customer_segment_spells') }} as spells
left join {{ ref('dim_customer_history') }} as history
    on
        spells.customer_id = history.customer_id
        and spells.from_date >= history.valid_from_date
        and (
            spells.from_date < history.valid_to_date
            or history.valid_to_date is null
        )
where spells.segment is distinct from history.segment
