-- One row per line of a ramp: the step before it and the ramp's last step.
-- A first step has no prior step; of a ramp that forks, the last end is the ramp's.
with recursive

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
        next_steps.service_end_date,
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

steps as (

    select
        order_line_id,
        prior_step_line_id,
        service_end_date
    from step_candidates
    where prior_order_line_id is not null or candidate_count = 1

),

walks as (

    select
        steps.order_line_id,
        steps.prior_step_line_id,
        steps.order_line_id as last_step_line_id,
        steps.service_end_date as last_step_end_date
    from steps
    left join steps as later_steps
        on steps.order_line_id = later_steps.prior_step_line_id
    where later_steps.order_line_id is null

    union all

    select
        walks.prior_step_line_id as order_line_id,
        steps.prior_step_line_id,
        walks.last_step_line_id,
        walks.last_step_end_date
    from walks
    left join steps
        on walks.prior_step_line_id = steps.order_line_id
    where walks.prior_step_line_id is not null

),

ranked_walks as (

    select
        order_line_id,
        prior_step_line_id,
        last_step_line_id,
        last_step_end_date,
        row_number() over (
            partition by order_line_id
            order by last_step_end_date desc, last_step_line_id asc
        ) as walk_number
    from walks

),

final as (

    select
        order_line_id,
        prior_step_line_id,
        last_step_line_id,
        last_step_end_date
    from ranked_walks
    where walk_number = 1

)

select * from final
