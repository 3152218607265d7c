-- One row per recurring line that a cancellation of its contract covers.
-- notice_date is null where no such cancellation counts as notice for the line.
with

lines as (

    select
        order_line_id,
        contract_id,
        sku,
        signed_date,
        service_start_date,
        service_end_date
    from {{ ref('int_recurring_lines_priced') }}

),

ramp_steps as (

    select
        order_line_id,
        last_step_line_id,
        last_step_end_date
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

directly_covered as (

    select
        lines.order_line_id,
        cancellations.cancellation_id,
        cancellations.notified_date,
        cancellations.effective_date
    from lines
    inner join cancellations
        on
            lines.contract_id = cancellations.contract_id
            and (cancellations.sku is null or lines.sku = cancellations.sku)
    where
        lines.signed_date <= cancellations.notified_date
        or lines.service_start_date < cancellations.effective_date

),

covered_through_last_step as (

    select
        ramp_steps.order_line_id,
        directly_covered.cancellation_id,
        directly_covered.notified_date,
        directly_covered.effective_date
    from directly_covered
    inner join ramp_steps
        on
            directly_covered.order_line_id = ramp_steps.last_step_line_id
            and ramp_steps.last_step_line_id <> ramp_steps.order_line_id

),

covered as (

    select
        order_line_id,
        cancellation_id,
        notified_date,
        effective_date
    from directly_covered

    union all

    select
        order_line_id,
        cancellation_id,
        notified_date,
        effective_date
    from covered_through_last_step

),

covered_with_notice as (

    select
        covered.order_line_id,
        covered.cancellation_id,
        covered.notified_date,
        covered.effective_date,
        coalesce(
            covered.effective_date <= {{ add_days(
                'coalesce(ramp_steps.last_step_end_date, lines.service_end_date)', 1
            ) }}
            or covered.notified_date > {{ add_days(
                'coalesce(ramp_steps.last_step_end_date, lines.service_end_date)', 1
            ) }},
            false
        ) as is_notice
    from covered
    inner join lines
        on covered.order_line_id = lines.order_line_id
    left join ramp_steps
        on covered.order_line_id = ramp_steps.order_line_id

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
