-- One row per fiscal quarter and band of customers that their CSM carried at its start.
-- Customers without a CSM stand under `unassigned`.
with

care_quarters as (

    select
        quarter_start,
        load_band,
        csm_user_id,
        beginning_cmrr,
        gross_retained_cmrr,
        net_retained_cmrr,
        is_kept,
        is_complete
    from {{ ref('fct_care_quarters') }}

),

cohorts as (

    select
        quarter_start,
        load_band,
        count(distinct csm_user_id) filter (where csm_user_id <> 'unassigned') as csms,
        count(*) as customers,
        count(*) filter (where is_kept) as kept_customers,
        sum(beginning_cmrr) as beginning_cmrr,
        sum(gross_retained_cmrr) as gross_retained_cmrr,
        sum(net_retained_cmrr) as net_retained_cmrr,
        bool_and(is_complete) as is_complete
    from care_quarters
    group by quarter_start, load_band

),

final as (

    select
        quarter_start,
        load_band,
        cast(csms as integer) as csms,
        cast(customers as integer) as customers,
        cast(kept_customers as integer) as kept_customers,
        cast(beginning_cmrr as decimal(18, 2)) as beginning_cmrr,
        cast(gross_retained_cmrr as decimal(18, 2)) as gross_retained_cmrr,
        cast(net_retained_cmrr as decimal(18, 2)) as net_retained_cmrr,
        {{ ratio('gross_retained_cmrr', 'beginning_cmrr') }} as gross_revenue_retention,
        {{ ratio('net_retained_cmrr', 'beginning_cmrr') }} as net_revenue_retention,
        {{ ratio('kept_customers', 'customers') }} as logo_retention,
        is_complete
    from cohorts

)

select * from final
