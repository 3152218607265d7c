-- One row per renewal not yet answered that is overdue or due by the end of the fourth
-- quarter after this one: expected CMRR x the share kept of those like it in the past.
with

renewals as (

    select
        contract_id,
        customer_id,
        due_date,
        due_quarter_start,
        segment,
        expected_cmrr,
        is_locked
    from {{ ref('fct_renewals') }}
    where not is_resolved

),

customers as (

    select
        customer_id,
        segment
    from {{ ref('dim_customers') }}

),

health as (

    select
        customer_id,
        health_band
    from {{ ref('fct_customer_health') }}
    where health_date = {{ as_of_date() }}

),

open_risks as (

    select
        customer_id,
        risk_level,
        intention,
        row_number() over (
            partition by customer_id
            order by
                case risk_level when 'red' then 1 when 'amber' then 2 else 3 end asc,
                opened_date asc,
                risk_id asc
        ) as risk_number
    from {{ ref('fct_risks') }}
    where is_open

),

chances as (

    select *
    from {{ ref('fct_renewal_chances') }}
    where renewals >= {{ minimum_evaluated_losses() }}

),

placed as (

    select
        *,
        cast(
            (
                extract(year from due_quarter_start) * 12
                + extract(month from due_quarter_start)
                - extract(year from {{ fiscal_period_start(as_of_date(), 'quarter') }})
                * 12
                - extract(month from {{ fiscal_period_start(as_of_date(), 'quarter') }})
            ) / 3 as integer
        ) as quarters_ahead
    from renewals

),

final as (

    select
        placed.contract_id,
        placed.customer_id,
        coalesce(placed.segment, customers.segment) as segment,
        placed.due_date,
        placed.due_quarter_start,
        placed.quarters_ahead,
        placed.due_date < {{ as_of_date() }} as is_overdue,
        placed.is_locked,
        health.health_band,
        coalesce(open_risks.risk_level, 'none') as risk_level,
        case
            when open_risks.customer_id is null then 'none'
            else coalesce(open_risks.intention, 'unknown')
        end as intention,
        cast(placed.expected_cmrr as decimal(18, 2)) as expected_cmrr,
        coalesce(own_band.mean_kept_share, all_bands.mean_kept_share) as chance_kept,
        coalesce(own_band.kept_share_deviation, all_bands.kept_share_deviation)
            as chance_deviation,
        coalesce(own_band.renewals, all_bands.renewals) as chance_renewals,
        coalesce(own_band.health_band, all_bands.health_band) as chance_band,
        coalesce(own_band.quarters_ahead, all_bands.quarters_ahead)
            as chance_quarters_ahead,
        {{ round_money(
            "cast(placed.expected_cmrr as decimal(18, 2))"
            ~ " * coalesce(own_band.mean_kept_share, all_bands.mean_kept_share)"
        ) }} as forecast_cmrr
    from placed
    inner join customers
        on placed.customer_id = customers.customer_id
    left join health
        on placed.customer_id = health.customer_id
    left join open_risks
        on placed.customer_id = open_risks.customer_id and open_risks.risk_number = 1
    left join chances as own_band
        on
            health.health_band = own_band.health_band
            and own_band.quarters_ahead = case
                when placed.due_date < {{ as_of_date() }} then 0
                else greatest(placed.quarters_ahead, 1)
            end
    left join chances as all_bands
        on
            all_bands.health_band = 'all_bands'
            and all_bands.quarters_ahead = case
                when placed.due_date < {{ as_of_date() }} then 0
                else greatest(placed.quarters_ahead, 1)
            end
    where placed.quarters_ahead <= 4

)

select * from final
