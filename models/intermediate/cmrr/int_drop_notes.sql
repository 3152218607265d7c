-- One row per recurring line that a line of quantity 0 names, with the reason it gives.
-- A note signed after the line's commitment ended came too late to be its reason.
with

lines as (

    select
        order_line_id,
        prior_order_line_id,
        change_reason_code,
        change_comment,
        signed_date
    from {{ ref('int_recurring_lines_priced') }}
    where
        quantity = 0
        and (change_reason_code is not null or change_comment is not null)

),

commitments as (

    select
        order_line_id,
        commit_end_date
    from {{ ref('int_line_commitments') }}

),

ranked_notes as (

    select
        lines.prior_order_line_id as order_line_id,
        lines.change_reason_code,
        lines.change_comment,
        row_number() over (
            partition by lines.prior_order_line_id
            order by lines.order_line_id
        ) as note_number
    from lines
    inner join commitments
        on
            lines.prior_order_line_id = commitments.order_line_id
            and lines.signed_date <= commitments.commit_end_date

),

final as (

    select
        order_line_id,
        change_reason_code,
        change_comment
    from ranked_notes
    where note_number = 1

)

select * from final
