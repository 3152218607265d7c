-- One row per row of the reconciliation that is not reconciled, and what became of it.
-- Opposite items of the same customer and SKU clear each other, oldest first.
{%- set tolerance = "cast(" ~ var('ledger_tolerance') ~ " as decimal(18, 4))" %}

with

items as (

    select
        month,
        customer_id,
        sku,
        sign(unexplained) as direction,
        unexplained,
        sum(unexplained) over customer_sku_to_date as carried_balance,
        sum(abs(unexplained)) over same_direction_to_date as cumulative_amount
    from {{ ref('fct_ledger_reconciliation') }}
    where not is_reconciled
    window
        customer_sku_to_date as (
            partition by customer_id, sku
            order by month
            rows between unbounded preceding and current row
        ),
        same_direction_to_date as (
            partition by customer_id, sku, sign(unexplained)
            order by month
            rows between unbounded preceding and current row
        )

),

totals as (

    select
        customer_id,
        sku,
        direction,
        max(cumulative_amount) as total_amount
    from items
    group by customer_id, sku, direction

),

-- An item is cleared by the one opposite item with which the sum of opposite items
-- comes to reach its own cumulative amount, but for the tolerance.
items_with_clearing as (

    select
        items.*,
        coalesce(totals.total_amount, 0) as opposite_amount,
        opposite_items.month as reached_month
    from items
    left join totals
        on
            items.customer_id = totals.customer_id
            and items.sku = totals.sku
            and items.direction = -totals.direction
    left join items as opposite_items
        on
            items.customer_id = opposite_items.customer_id
            and items.sku = opposite_items.sku
            and items.direction = -opposite_items.direction
            and opposite_items.cumulative_amount
            >= items.cumulative_amount - {{ tolerance }}
            and opposite_items.cumulative_amount - abs(opposite_items.unexplained)
            < items.cumulative_amount - {{ tolerance }}

),

items_with_age as (

    select
        *,
        greatest(month, reached_month) as cleared_month,
        direction * least(
            abs(unexplained), greatest(cumulative_amount - opposite_amount, 0)
        ) as open_amount,
        {{ add_days('cast(month + interval 1 month as date)', -1) }} as seen_date,
        case
            when reached_month is null then {{ as_of_date() }}
            else
                {{ add_days(
                    'cast(greatest(month, reached_month) + interval 1 month as date)',
                    -1
                ) }}
        end as age_date
    from items_with_clearing

),

final as (

    select
        month,
        customer_id,
        sku,
        cast(unexplained as decimal(18, 2)) as unexplained,
        cast(open_amount as decimal(18, 2)) as open_amount,
        cast(carried_balance as decimal(18, 2)) as carried_balance,
        reached_month is null as is_open,
        case when reached_month is not null then cleared_month end as cleared_month,
        cast(age_date - seen_date as integer) as age_days,
        {{ full_months(
            add_days('seen_date', 1), add_days('age_date', 1)
        ) }} as age_months
    from items_with_age

)

select * from final
