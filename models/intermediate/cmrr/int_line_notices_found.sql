-- One row per recurring line that a cancellation of its contract covers.
-- notice_date is null where no such cancellation counts as notice for the line.
with recursive

lines as (

    select
        order_line_id,
        contract_id,
        sku,
        reduced_order_line_id,
        signed_date,
        service_start_date,
        service_end_date
    from {{ ref('int_recurring_lines_priced') }}

),

ramp_steps as (

    select
        order_line_id,
        prior_step_line_id
    from {{ ref('int_ramp_steps_linked') }}

),

cancellations as (

    select
        cancellation_id,
        contract_id,
        sku,
        notified_date,
        effective_date
    from {{ ref('stg_billing__cancellations') }}

),

-- A notice knows the steps that were signed by its day, and no later ones.
steps_ahead as (

    select
        ramp_steps.prior_step_line_id as order_line_id,
        ramp_steps.order_line_id as step_line_id,
        lines.contract_id,
        lines.signed_date as known_date,
        lines.service_end_date
    from ramp_steps
    inner join lines
        on ramp_steps.order_line_id = lines.order_line_id

    union all

    select
        steps_ahead.order_line_id,
        ramp_steps.order_line_id as step_line_id,
        lines.contract_id,
        greatest(steps_ahead.known_date, lines.signed_date) as known_date,
        lines.service_end_date
    from steps_ahead
    inner join ramp_steps
        on steps_ahead.step_line_id = ramp_steps.prior_step_line_id
    inner join lines
        on ramp_steps.order_line_id = lines.order_line_id

),

known_steps as (

    select
        steps_ahead.order_line_id,
        steps_ahead.step_line_id,
        steps_ahead.service_end_date,
        cancellations.cancellation_id,
        row_number() over (
            partition by steps_ahead.order_line_id, cancellations.cancellation_id
            order by steps_ahead.service_end_date desc, steps_ahead.step_line_id asc
        ) as step_number
    from steps_ahead
    inner join cancellations
        on
            steps_ahead.contract_id = cancellations.contract_id
            and steps_ahead.known_date <= cancellations.notified_date

),

directly_covered as (

    select
        lines.order_line_id,
        cancellations.cancellation_id
    from lines
    inner join cancellations
        on
            lines.contract_id = cancellations.contract_id
            and (cancellations.sku is null or lines.sku = cancellations.sku)
    where
        lines.reduced_order_line_id is null
        and (
            lines.signed_date <= cancellations.notified_date
            or lines.service_start_date < cancellations.effective_date
        )

),

covered_one_way_or_other as (

    select
        order_line_id,
        cancellation_id
    from directly_covered

    union all

    select
        known_steps.order_line_id,
        known_steps.cancellation_id
    from known_steps
    inner join directly_covered
        on
            known_steps.step_line_id = directly_covered.order_line_id
            and known_steps.cancellation_id = directly_covered.cancellation_id
    where known_steps.step_number = 1

),

covered as (

    select
        order_line_id,
        cancellation_id
    from covered_one_way_or_other
    group by order_line_id, cancellation_id

),

covered_with_last_day as (

    select
        covered.order_line_id,
        covered.cancellation_id,
        lines.service_end_date,
        coalesce(known_steps.service_end_date, lines.service_end_date) as last_day
    from covered
    inner join lines
        on covered.order_line_id = lines.order_line_id
    left join known_steps
        on
            covered.order_line_id = known_steps.order_line_id
            and covered.cancellation_id = known_steps.cancellation_id
            and known_steps.step_number = 1

),

-- A reduction shares the fate of the line that it reduces; it is no purchase.
covered_with_reductions as (

    select
        order_line_id,
        cancellation_id,
        last_day
    from covered_with_last_day

    union all

    select
        lines.order_line_id,
        covered_with_last_day.cancellation_id,
        case
            when lines.service_end_date = covered_with_last_day.service_end_date
                then covered_with_last_day.last_day
            else lines.service_end_date
        end as last_day
    from lines
    inner join covered_with_last_day
        on lines.reduced_order_line_id = covered_with_last_day.order_line_id

),

covered_with_notice as (

    select
        covered_with_reductions.order_line_id,
        cancellations.cancellation_id,
        cancellations.notified_date,
        cancellations.effective_date,
        coalesce(
            cancellations.effective_date
            <= {{ add_days('covered_with_reductions.last_day', 1) }}
            or cancellations.notified_date
            > {{ add_days('covered_with_reductions.last_day', 1) }},
            false
        ) as is_notice
    from covered_with_reductions
    inner join cancellations
        on covered_with_reductions.cancellation_id = cancellations.cancellation_id

),

ranked as (

    select
        order_line_id,
        cancellation_id,
        notified_date,
        effective_date,
        is_notice,
        min(effective_date) over (partition by order_line_id) as service_cut_date,
        row_number() over (
            partition by order_line_id
            order by is_notice desc, notified_date asc, cancellation_id asc
        ) as notice_number
    from covered_with_notice

),

final as (

    select
        order_line_id,
        case when is_notice then cancellation_id end as cancellation_id,
        case when is_notice then notified_date end as notice_date,
        case when is_notice then effective_date end as notice_effective_date,
        service_cut_date
    from ranked
    where notice_number = 1

)

select * from final
