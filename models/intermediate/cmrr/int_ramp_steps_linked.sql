-- One row per line that is a ramp's next step, with the step before it.
-- Two lines that could be the step before, neither of them named, make no ramp.
with

lines as (

    select
        order_line_id,
        order_id,
        contract_id,
        sku,
        prior_order_line_id,
        quantity,
        signed_date,
        service_start_date,
        service_end_date
    from {{ ref('int_recurring_lines_priced') }}
    where quantity > 0

),

step_candidates as (

    select
        next_steps.order_line_id,
        next_steps.prior_order_line_id,
        prior_steps.order_line_id as prior_step_line_id,
        count(*) over (partition by next_steps.order_line_id) as candidate_count
    from lines as next_steps
    inner join lines as prior_steps
        on
            next_steps.contract_id = prior_steps.contract_id
            and next_steps.service_start_date
            = {{ add_days('prior_steps.service_end_date', 1) }}
            and next_steps.signed_date <= next_steps.service_start_date
    where
        next_steps.prior_order_line_id = prior_steps.order_line_id
        or (
            next_steps.prior_order_line_id is null
            and next_steps.order_id = prior_steps.order_id
            and next_steps.sku = prior_steps.sku
        )

),

final as (

    select
        order_line_id,
        prior_step_line_id
    from step_candidates
    where prior_order_line_id is not null or candidate_count = 1

)

select * from final
