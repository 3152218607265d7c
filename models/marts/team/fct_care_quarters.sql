-- One row per fiscal quarter and customer with CMRR at its start: its care, its fate.
-- Segment, CSM, load and QBR are those of the day before, so no outcome is in them.
with

quarters as (

    select
        fiscal_quarter_start as quarter_start,
        max(month_end_date) as quarter_end_date
    from {{ ref('dim_fiscal_months') }}
    group by fiscal_quarter_start

),

customer_quarters as (

    select
        period_start as quarter_start,
        customer_id,
        beginning_cmrr,
        downgrade_cmrr + cancellation_cmrr + archive_cmrr as lost_cmrr,
        add_on_cmrr + upgrade_cmrr + swap_cmrr as gained_cmrr,
        ending_cmrr > 0 as is_kept
    from {{ ref('fct_cmrr_customer_periods') }}
    where period_grain = 'quarter' and beginning_cmrr > 0

),

customer_months as (

    select
        cast(month + interval 1 month as date) as quarter_start,
        customer_id,
        csm_user_id,
        segment,
        has_recent_qbr
    from {{ ref('fct_csm_customer_months') }}

),

csm_months as (

    select
        cast(month + interval 1 month as date) as quarter_start,
        csm_user_id,
        customers
    from {{ ref('fct_csm_months') }}
    where csm_user_id <> 'unassigned'

),

load_bands as (

    select
        load_band,
        minimum_customers,
        lead(minimum_customers) over (order by minimum_customers)
            as next_minimum_customers
    from {{ ref('csm_load_bands') }}

),

csat_quarters as (

    select
        quarter_start,
        account_id,
        csat_responses,
        csat_satisfied
    from {{ ref('int_csat_quarters') }}

),

final as (

    select
        customer_quarters.quarter_start,
        customer_quarters.customer_id,
        customer_months.csm_user_id,
        customer_months.segment,
        coalesce(load_bands.load_band, 'unassigned') as load_band,
        csm_months.customers as customers_of_csm,
        customer_quarters.beginning_cmrr,
        cast(
            customer_quarters.beginning_cmrr
            + customer_quarters.lost_cmrr as decimal(18, 2)
        ) as gross_retained_cmrr,
        cast(
            customer_quarters.beginning_cmrr
            + customer_quarters.lost_cmrr
            + customer_quarters.gained_cmrr as decimal(18, 2)
        ) as net_retained_cmrr,
        coalesce(csat_quarters.csat_responses, 0) as csat_responses,
        coalesce(csat_quarters.csat_satisfied, 0) as csat_satisfied,
        customer_months.has_recent_qbr,
        customer_quarters.is_kept,
        quarters.quarter_end_date <= {{ as_of_date() }} as is_complete
    from customer_quarters
    inner join quarters
        on customer_quarters.quarter_start = quarters.quarter_start
    inner join customer_months
        on
            customer_quarters.quarter_start = customer_months.quarter_start
            and customer_quarters.customer_id = customer_months.customer_id
    left join csm_months
        on
            customer_months.quarter_start = csm_months.quarter_start
            and customer_months.csm_user_id = csm_months.csm_user_id
    left join load_bands
        on
            csm_months.customers >= load_bands.minimum_customers
            and (
                csm_months.customers < load_bands.next_minimum_customers
                or load_bands.next_minimum_customers is null
            )
    left join csat_quarters
        on
            customer_quarters.quarter_start = csat_quarters.quarter_start
            and customer_quarters.customer_id = csat_quarters.account_id

)

select * from final
