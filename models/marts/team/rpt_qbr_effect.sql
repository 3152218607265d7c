-- One row per fiscal quarter, segment and whether there had been a QBR in 90 days.
-- Compare within a segment: large customers have more QBRs and stay longer anyway.
with

care_quarters as (

    select
        quarter_start,
        segment,
        has_recent_qbr,
        beginning_cmrr,
        gross_retained_cmrr,
        net_retained_cmrr,
        csat_responses,
        csat_satisfied,
        is_kept,
        is_complete
    from {{ ref('fct_care_quarters') }}

),

cohorts as (

    select
        quarter_start,
        segment,
        has_recent_qbr,
        count(*) as customers,
        count(*) filter (where is_kept) as kept_customers,
        sum(beginning_cmrr) as beginning_cmrr,
        sum(gross_retained_cmrr) as gross_retained_cmrr,
        sum(net_retained_cmrr) as net_retained_cmrr,
        sum(csat_responses) as csat_responses,
        sum(csat_satisfied) as csat_satisfied,
        bool_and(is_complete) as is_complete
    from care_quarters
    group by quarter_start, segment, has_recent_qbr

),

final as (

    select
        quarter_start,
        segment,
        has_recent_qbr,
        cast(customers as integer) as customers,
        cast(kept_customers as integer) as kept_customers,
        cast(beginning_cmrr as decimal(18, 2)) as beginning_cmrr,
        cast(gross_retained_cmrr as decimal(18, 2)) as gross_retained_cmrr,
        cast(net_retained_cmrr as decimal(18, 2)) as net_retained_cmrr,
        {{ ratio('gross_retained_cmrr', 'beginning_cmrr') }} as gross_revenue_retention,
        {{ ratio('net_retained_cmrr', 'beginning_cmrr') }} as net_revenue_retention,
        {{ ratio('kept_customers', 'customers') }} as logo_retention,
        cast(csat_responses as integer) as csat_responses,
        cast(csat_satisfied as integer) as csat_satisfied,
        {{ ratio('csat_satisfied', 'csat_responses') }} as csat,
        is_complete
    from cohorts

)

select * from final
