-- One row per risk: the decline of health that stood when it was raised, and for how
-- long. Bands are those of the score alone: a risk itself caps the other.
with

risks as (

    select
        risk_id,
        customer_id,
        csm_user_id,
        raised_by,
        opened_date
    from {{ ref('fct_risks') }}

),

banded_days as (

    select
        customer_id,
        health_date,
        case computed_band when 'red' then 1 when 'amber' then 2 else 3 end
            as band_level
    from {{ ref('fct_customer_health') }}
    where computed_band is not null

),

days_with_level_before as (

    select
        customer_id,
        health_date,
        band_level,
        lag(band_level)
            over (partition by customer_id order by health_date)
            as level_before
    from banded_days

),

changes as (

    select
        customer_id,
        health_date as change_date,
        band_level < level_before as is_worse
    from days_with_level_before
    where band_level <> level_before

),

last_recoveries as (

    select
        risks.risk_id,
        max(changes.change_date) as recovered_date
    from risks
    inner join changes
        on
            risks.customer_id = changes.customer_id
            and risks.opened_date >= changes.change_date
            and not changes.is_worse
    group by risks.risk_id

),

declines as (

    select
        risks.risk_id,
        min(changes.change_date) as decline_date
    from risks
    inner join changes
        on
            risks.customer_id = changes.customer_id
            and risks.opened_date >= changes.change_date
            and changes.is_worse
    left join last_recoveries
        on risks.risk_id = last_recoveries.risk_id
    where
        last_recoveries.recovered_date is null
        or changes.change_date > last_recoveries.recovered_date
    group by risks.risk_id

),

final as (

    select
        risks.risk_id,
        risks.customer_id,
        risks.csm_user_id,
        risks.raised_by,
        risks.opened_date,
        declines.decline_date,
        cast(risks.opened_date - declines.decline_date as integer)
            as time_to_identify_risk_days
    from risks
    left join declines
        on risks.risk_id = declines.risk_id

)

select * from final
