-- One row per month end and customer with CMRR: who carried it, in which segment.
-- Levels as they were at the month's end; the running month stands at the as-of date.
with

months as (

    select
        month,
        report_date
    from {{ ref('int_months') }}

),

spells as (

    select
        customer_id,
        from_date,
        to_date,
        cmrr
    from {{ ref('int_customer_cmrr_spells') }}
    where cmrr <> 0

),

portfolios as (

    select
        customer_id,
        csm_user_id,
        valid_from,
        valid_to
    from {{ ref('fct_csm_portfolios') }}

),

customer_segments as (

    select
        segment,
        minimum_annual_cmrr,
        lead(minimum_annual_cmrr) over (order by minimum_annual_cmrr)
            as next_minimum_annual_cmrr
    from {{ ref('customer_segments') }}

),

qbr_days as (

    select
        customer_id,
        occurred_date,
        lead(occurred_date) over (partition by customer_id order by occurred_date)
            as next_occurred_date
    from {{ ref('fct_interactions') }}
    where activity_type = 'qbr'
    group by customer_id, occurred_date

),

final as (

    select
        months.month,
        spells.customer_id,
        coalesce(portfolios.csm_user_id, 'unassigned') as csm_user_id,
        customer_segments.segment,
        spells.cmrr,
        spells.cmrr > 0 as is_active,
        qbr_days.occurred_date as last_qbr_date,
        coalesce(
            qbr_days.occurred_date > {{ add_days('months.report_date', -90) }}, false
        ) as has_recent_qbr
    from spells
    inner join months
        on
            spells.from_date <= months.report_date
            and (spells.to_date > months.report_date or spells.to_date is null)
    inner join customer_segments
        on
            12 * greatest(spells.cmrr, 0) >= customer_segments.minimum_annual_cmrr
            and (
                12 * greatest(spells.cmrr, 0)
                < customer_segments.next_minimum_annual_cmrr
                or customer_segments.next_minimum_annual_cmrr is null
            )
    left join portfolios
        on
            spells.customer_id = portfolios.customer_id
            and months.report_date >= portfolios.valid_from
            and (
                months.report_date < portfolios.valid_to
                or portfolios.valid_to is null
            )
    left join qbr_days
        on
            spells.customer_id = qbr_days.customer_id
            and months.report_date >= qbr_days.occurred_date
            and (
                months.report_date < qbr_days.next_occurred_date
                or qbr_days.next_occurred_date is null
            )

)

select * from final
