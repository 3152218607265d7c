-- Every customer with CMRR when a quarter began stands in exactly one cohort, with its
-- CMRR. One that found no month before would drop out of retention and flatter it.
with

quarters as (

    select
        period_start as quarter_start,
        count(*) as customers,
        sum(beginning_cmrr) as beginning_cmrr
    from {{ ref('fct_cmrr_customer_periods') }}
    where period_grain = 'quarter' and beginning_cmrr > 0
    group by period_start

),

by_qbr as (

    select
        quarter_start,
        sum(customers) as customers,
        sum(beginning_cmrr) as beginning_cmrr
    from {{ ref('rpt_qbr_effect') }}
    group by quarter_start

),

by_load as (

    select
        quarter_start,
        sum(customers) as customers,
        sum(beginning_cmrr) as beginning_cmrr
    from {{ ref('rpt_retention_by_csm_load') }}
    group by quarter_start

)

select
    quarters.quarter_start,
    quarters.customers,
    by_qbr.customers as customers_by_qbr,
    by_load.customers as customers_by_load
from quarters
left join by_qbr
    on quarters.quarter_start = by_qbr.quarter_start
left join by_load
    on quarters.quarter_start = by_load.quarter_start
where
    quarters.customers <> coalesce(by_qbr.customers, 0)
    or quarters.customers <> coalesce(by_load.customers, 0)
    or quarters.beginning_cmrr <> coalesce(by_qbr.beginning_cmrr, 0)
    or quarters.beginning_cmrr <> coalesce(by_load.beginning_cmrr, 0)
