-- One row per recurring order line: its list price, what was paid and what was forgone.
-- Reductions are negative, so sums over any set of lines hold.
with

lines as (

    select
        order_line_id,
        order_id,
        contract_id,
        customer_id,
        sku,
        order_type,
        quantity,
        list_unit_price,
        discount_percent,
        contract_mrr,
        exchange_rate,
        reporting_mrr,
        signed_date
    from {{ ref('int_recurring_lines_priced') }}
    where quantity <> 0 and signed_date <= {{ as_of_date() }}

),

commitments as (

    select
        order_line_id,
        commit_start_date,
        commit_end_date
    from {{ ref('int_line_commitments') }}

),

listed_lines as (

    select
        *,
        cast(
            {{ divide_money(
                round_money('cast(quantity as decimal(38, 4)) * list_unit_price'), 1, 12
            ) }} as decimal(18, 2)
        ) as list_mrr
    from lines

),

converted_lines as (

    select
        *,
        {{ round_money('cast(list_mrr as decimal(38, 2)) * exchange_rate') }}
            as reporting_list_mrr
    from listed_lines

),

final as (

    select
        lines.order_line_id,
        lines.order_id,
        lines.contract_id,
        lines.customer_id,
        lines.sku,
        lines.order_type,
        lines.discount_percent,
        lines.reporting_list_mrr as list_mrr,
        lines.reporting_mrr as mrr,
        cast(lines.reporting_list_mrr - lines.reporting_mrr as decimal(18, 2))
            as discount_mrr,
        lines.signed_date,
        commitments.commit_start_date,
        commitments.commit_end_date,
        commitments.commit_start_date <= {{ as_of_date() }}
        and commitments.commit_end_date > {{ as_of_date() }} as is_committed
    from converted_lines as lines
    inner join commitments
        on lines.order_line_id = commitments.order_line_id

)

select * from final
