-- Each spell begins where the one before ends, the first one not after the customer's
-- first signature and first movement. A day in a gap would drop a customer's money
-- from every report that joins by day.
with

spells as (

    select
        customer_id,
        valid_from_date,
        valid_to_date,
        lead(valid_from_date)
            over (partition by customer_id order by valid_from_date)
            as next_valid_from_date,
        min(valid_from_date) over (partition by customer_id) as first_valid_from_date
    from {{ ref('dim_customer_history') }}

),

first_movements as (

    select
        customer_id,
        min(movement_date) as first_movement_date
    from {{ ref('fct_cmrr_movements') }}
    group by customer_id

)

select
    spells.customer_id,
    spells.valid_from_date,
    spells.valid_to_date,
    spells.next_valid_from_date
from spells
inner join {{ ref('dim_customers') }} as customers
    on spells.customer_id = customers.customer_id
left join first_movements
    on spells.customer_id = first_movements.customer_id
where
    spells.valid_to_date is distinct from spells.next_valid_from_date
    or spells.first_valid_from_date > customers.first_signed_date
    or spells.first_valid_from_date > first_movements.first_movement_date
