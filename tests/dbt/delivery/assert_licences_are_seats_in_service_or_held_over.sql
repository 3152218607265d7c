-- Licences at each month's end, counted anew line by line on that very day: in service,
-- or committed past the last day of service. The published ones are running sums of
-- changes, in which one change lost or counted twice would stay wrong for ever.
with

months as (

    select
        month,
        report_date
    from {{ ref('int_delivery_months') }}

),

seat_lines as (

    select
        commitments.customer_id,
        commitments.quantity,
        commitments.commit_start_date,
        commitments.commit_end_date,
        commitments.service_start_date,
        commitments.service_over_date
    from {{ ref('int_line_commitments') }} as commitments
    inner join {{ ref('stg_billing__products') }} as products
        on commitments.sku = products.sku
    where products.unit_of_measure = 'seat'

),

counted as (

    select
        months.month,
        seat_lines.customer_id,
        cast(sum(seat_lines.quantity) as decimal(18, 2)) as licences
    from months
    inner join seat_lines
        on
            months.report_date >= seat_lines.service_start_date
            and (
                months.report_date < seat_lines.service_over_date
                or (
                    months.report_date >= seat_lines.commit_start_date
                    and months.report_date < seat_lines.commit_end_date
                )
            )
    group by months.month, seat_lines.customer_id

),

published as (

    select
        month,
        customer_id,
        licences_purchased
    from {{ ref('fct_ticket_months') }}

)

select
    coalesce(counted.month, published.month) as month,
    coalesce(counted.customer_id, published.customer_id) as customer_id,
    counted.licences,
    published.licences_purchased
from counted
full outer join published
    on
        counted.month = published.month
        and counted.customer_id = published.customer_id
where coalesce(counted.licences, 0) <> coalesce(published.licences_purchased, 0)
