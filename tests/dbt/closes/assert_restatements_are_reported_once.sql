-- What was restated since the closes stands in the reported bridge once, in the months
-- that followed, wherever the last month is open: reported and current end alike.
with

last_months as (

    select max(month) as last_month
    from {{ ref('fct_cmrr_bridge') }}

),

open_last_months as (

    select last_months.last_month
    from last_months
    left join {{ ref('fct_close_sign_offs') }} as sign_offs
        on last_months.last_month = sign_offs.month
    where sign_offs.month is null

),

amounts as (

    select
        contract_family_id,
        sku,
        restatement_cmrr as amount
    from {{ ref('rpt_cmrr_bridge_reported') }}

    union all

    select
        contract_family_id,
        sku,
        -restated_amount as amount
    from {{ ref('fct_cmrr_restatements') }}

)

select
    amounts.contract_family_id,
    amounts.sku,
    sum(amounts.amount) as difference
from amounts
cross join open_last_months
group by amounts.contract_family_id, amounts.sku
having sum(amounts.amount) <> 0
