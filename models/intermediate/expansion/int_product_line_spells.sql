-- One row per customer and spell of days with the same number of product lines.
-- A line is held where its SKUs, archive apart, have CMRR at the end of the day.
with

changes as (

    select
        customer_id,
        sku,
        change_date,
        change_amount
    from {{ ref('int_cmrr_change_points') }}

),

products as (

    select
        sku,
        product_line
    from {{ ref('stg_billing__products') }}
    where not is_archive

),

line_levels as (

    select
        changes.customer_id,
        products.product_line,
        changes.change_date,
        sum(sum(changes.change_amount)) over (
            partition by changes.customer_id, products.product_line
            order by changes.change_date
            rows between unbounded preceding and current row
        ) as cmrr
    from changes
    inner join products
        on changes.sku = products.sku
    group by changes.customer_id, products.product_line, changes.change_date

),

line_levels_with_before as (

    select
        customer_id,
        change_date,
        cmrr,
        lag(cmrr)
            over (partition by customer_id, product_line order by change_date)
            as cmrr_before
    from line_levels

),

line_steps as (

    select
        customer_id,
        change_date,
        case when cmrr > 0 then 1 else 0 end
        - case when cmrr_before > 0 then 1 else 0 end as step
    from line_levels_with_before

),

steps_by_day as (

    select
        customer_id,
        change_date,
        sum(step) as step
    from line_steps
    group by customer_id, change_date
    having sum(step) <> 0

),

counts as (

    select
        customer_id,
        change_date,
        cast(
            sum(step) over (
                partition by customer_id
                order by change_date
                rows between unbounded preceding and current row
            ) as integer
        ) as product_lines
    from steps_by_day

),

final as (

    select
        customer_id,
        change_date as from_date,
        lead(change_date) over customer_by_date as to_date,
        product_lines,
        coalesce(lag(product_lines) over customer_by_date, 0) as product_lines_before
    from counts
    window customer_by_date as (partition by customer_id order by change_date)

)

select * from final
