-- One row per reduction that breaks no rule by itself, with the line that it reduces.
-- Reductions take a line's units in order of signature; one too large takes nothing.
with recursive

lines as (

    select
        order_line_id,
        contract_id,
        order_type,
        sku,
        quantity,
        service_start_date,
        service_end_date,
        prior_order_line_id,
        signed_date
    from {{ ref('base_billing__order_line_checks') }}
    where row_status = 'current'

),

reductions as (

    select
        order_line_id,
        contract_id,
        sku,
        -quantity as units,
        service_start_date,
        prior_order_line_id,
        signed_date
    from lines
    where order_type = 'reduction'

),

named_lines as (

    select
        reductions.order_line_id,
        lines.order_line_id as reduced_order_line_id
    from reductions
    inner join lines
        on
            reductions.prior_order_line_id = lines.order_line_id
            and reductions.contract_id = lines.contract_id
            and reductions.sku = lines.sku
            and lines.quantity > 0

),

only_fitting_lines as (

    select
        reductions.order_line_id,
        min(lines.order_line_id) as reduced_order_line_id
    from reductions
    inner join lines
        on
            reductions.contract_id = lines.contract_id
            and reductions.sku = lines.sku
            and reductions.units <= lines.quantity
            and reductions.service_start_date
            between lines.service_start_date and lines.service_end_date
            and reductions.signed_date >= lines.signed_date
    where reductions.prior_order_line_id is null
    group by reductions.order_line_id
    having count(*) = 1

),

reduced_lines as (

    select
        order_line_id,
        reduced_order_line_id
    from named_lines

    union all

    select
        order_line_id,
        reduced_order_line_id
    from only_fitting_lines

),

queued_reductions as (

    select
        reductions.order_line_id,
        reductions.units,
        reduced_lines.reduced_order_line_id,
        lines.quantity as reducible_units,
        row_number() over (
            partition by reduced_lines.reduced_order_line_id
            order by reductions.signed_date, reductions.order_line_id
        ) as place_in_queue
    from reductions
    inner join reduced_lines on reductions.order_line_id = reduced_lines.order_line_id
    inner join lines on reduced_lines.reduced_order_line_id = lines.order_line_id

),

served_reductions as (

    select
        order_line_id,
        reduced_order_line_id,
        place_in_queue,
        units <= reducible_units as is_served,
        case
            when units <= reducible_units then reducible_units - units
            else reducible_units
        end as units_left
    from queued_reductions
    where place_in_queue = 1

    union all

    select
        queued_reductions.order_line_id,
        queued_reductions.reduced_order_line_id,
        queued_reductions.place_in_queue,
        queued_reductions.units <= served_reductions.units_left as is_served,
        case
            when queued_reductions.units <= served_reductions.units_left
                then served_reductions.units_left - queued_reductions.units
            else served_reductions.units_left
        end as units_left
    from served_reductions
    inner join queued_reductions
        on
            served_reductions.reduced_order_line_id
            = queued_reductions.reduced_order_line_id
            and served_reductions.place_in_queue + 1 = queued_reductions.place_in_queue

),

final as (

    select
        reductions.order_line_id,
        case
            when served_reductions.is_served
                then served_reductions.reduced_order_line_id
        end as reduced_order_line_id,
        case
            when served_reductions.order_line_id is null then 'reduction_without_line'
            when not served_reductions.is_served then 'over_reduction'
        end as rule
    from reductions
    left join served_reductions
        on reductions.order_line_id = served_reductions.order_line_id

)

select * from final
