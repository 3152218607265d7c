-- One row per period and group of customers under one parent, as the hierarchy was.
-- The group is one unit: what one customer adds makes up for what another loses.
with

groups as (

    select
        period_grain,
        period_start,
        dimension_value as group_customer_id,
        beginning_customers,
        ending_customers,
        beginning_cmrr,
        new_cmrr + reactivation_cmrr + add_on_cmrr + upgrade_cmrr as gained_cmrr,
        downgrade_cmrr + cancellation_cmrr + archive_cmrr as lost_cmrr,
        swap_cmrr,
        currency_cmrr,
        transfer_cmrr,
        ending_cmrr
    from {{ ref('fct_cmrr_bridge_by_dimension') }}
    where attribute_view = 'as_it_was' and dimension_name = 'parent'

),

retained_groups as (

    select
        *,
        case
            when beginning_cmrr <= 0 then 0
            when period_grain = 'year' then greatest(ending_cmrr - transfer_cmrr, 0)
            else
                greatest(beginning_cmrr + gained_cmrr + lost_cmrr + swap_cmrr, 0)
        end as net_retained_cmrr
    from groups

),

final as (

    select
        period_grain,
        period_start,
        group_customer_id,
        beginning_customers,
        ending_customers,
        beginning_cmrr,
        cast(gained_cmrr as decimal(18, 2)) as gained_cmrr,
        cast(lost_cmrr as decimal(18, 2)) as lost_cmrr,
        swap_cmrr,
        currency_cmrr,
        transfer_cmrr,
        ending_cmrr,
        cast(least(beginning_cmrr, net_retained_cmrr) as decimal(18, 2))
            as gross_retained_cmrr,
        cast(net_retained_cmrr as decimal(18, 2)) as net_retained_cmrr,
        {{ ratio('least(beginning_cmrr, net_retained_cmrr)', 'beginning_cmrr') }}
            as gross_revenue_retention,
        {{ ratio('net_retained_cmrr', 'beginning_cmrr') }} as net_revenue_retention
    from retained_groups

)

select * from final
