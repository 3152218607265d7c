-- One row per risk, with how long the customer's health had been getting worse before.
-- Bands are those of the score alone, on Sundays: a risk caps what it explains.
with

risks as (

    select
        risk_id,
        customer_id,
        csm_user_id,
        raised_by,
        risk_level,
        reason_code,
        opened_at,
        opened_date,
        is_raised_late
    from {{ ref('fct_risks') }}

),

weekly_bands as (

    select
        customer_id,
        health_date,
        case computed_band when 'green' then 3 when 'amber' then 2 else 1 end
            as band_rank
    from {{ ref('fct_customer_health') }}
    where computed_band is not null and extract(isodow from health_date) = 7

),

bands_with_before as (

    select
        customer_id,
        health_date,
        band_rank,
        lag(band_rank) over (partition by customer_id order by health_date)
            as band_rank_before
    from weekly_bands

),

band_changes as (

    -- A decline begins with the first worsening after the band last rose.
    select
        customer_id,
        health_date,
        band_rank < band_rank_before as is_worse,
        lag(band_rank < band_rank_before) over (
            partition by customer_id order by health_date
        ) as was_worse
    from bands_with_before
    where band_rank <> band_rank_before

),

declines as (

    select
        customer_id,
        health_date as decline_date,
        is_worse
    from band_changes
    where was_worse is null or was_worse <> is_worse

),

spells as (

    select
        customer_id,
        decline_date,
        is_worse,
        lead(decline_date) over (partition by customer_id order by decline_date)
            as recovered_date
    from declines

),

identified as (

    -- One decline is identified once, by the first risk in it.
    select
        risks.risk_id,
        spells.decline_date,
        row_number() over (
            partition by spells.customer_id, spells.decline_date
            order by risks.opened_at, risks.risk_id
        ) as risk_number
    from risks
    inner join spells
        on
            risks.customer_id = spells.customer_id
            and spells.is_worse
            and risks.opened_date >= spells.decline_date
            and (
                risks.opened_date < spells.recovered_date
                or spells.recovered_date is null
            )

),

final as (

    select
        risks.risk_id,
        risks.customer_id,
        risks.csm_user_id,
        risks.raised_by,
        risks.risk_level,
        risks.reason_code,
        risks.opened_date,
        identified.decline_date,
        cast(risks.opened_date - identified.decline_date as integer)
            as days_to_identify,
        risks.is_raised_late
    from risks
    left join identified
        on risks.risk_id = identified.risk_id and identified.risk_number = 1

)

select * from final
