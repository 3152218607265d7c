-- Every slice foots, in money and in customers, and begins with what the period before
-- ended with. Without the transfer a customer that changes its segment would leave one
-- slice's walk and never enter the other's.
with

slices as (

    select
        *,
        beginning_cmrr
        {%- for type in movement_types() %}
        + {{ type }}_cmrr
        {%- endfor %}
        + transfer_cmrr as footed_cmrr,
        beginning_customers
        + new_customers
        + reactivated_customers
        - lost_customers
        + transferred_customers as footed_customers,
        cast(
            period_start
            + case period_grain when 'month' then 1 when 'quarter' then 3 else 12 end
            * interval 1 month as date
        ) as next_period_start
    from {{ ref('fct_cmrr_bridge_by_dimension') }}

),

known_periods as (

    select
        period_grain,
        max(period_start) as last_period_start
    from slices
    group by period_grain

)

select
    slices.attribute_view,
    slices.period_grain,
    slices.period_start,
    slices.dimension_name,
    slices.dimension_value
from slices
inner join known_periods
    on slices.period_grain = known_periods.period_grain
left join slices as later
    on
        slices.attribute_view = later.attribute_view
        and slices.period_grain = later.period_grain
        and slices.next_period_start = later.period_start
        and slices.dimension_name = later.dimension_name
        and slices.dimension_value = later.dimension_value
where
    slices.footed_cmrr <> slices.ending_cmrr
    or slices.footed_customers <> slices.ending_customers
    or (
        slices.period_start < known_periods.last_period_start
        and (
            slices.ending_cmrr <> coalesce(later.beginning_cmrr, 0)
            or slices.ending_customers <> coalesce(later.beginning_customers, 0)
        )
    )
