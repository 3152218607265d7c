-- What leaves one SKU by a swap enters another, in the same family on the same day. A
-- swap with one side only would hide churn, or growth, in a type that no rate shows.
select
    movement_date,
    contract_family_id,
    sum(amount) as amount
from {{ ref('fct_cmrr_movements') }}
where movement_type = 'swap'
group by movement_date, contract_family_id
having sum(amount) <> 0
