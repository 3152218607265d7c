-- One row per customer and health day with what its people said and who sponsors it.
-- Each contact's newest answer of the window counts; no answer is null, not zero.
with

health_days as (

    select
        customer_id,
        health_date
    from {{ ref('int_health_days') }}

),

answers as (

    select
        customer_id,
        survey_type,
        score,
        counted_from_date,
        least(
            coalesce(counted_to_date, cast('9999-12-31' as date)),
            {{ add_days('responded_date', var('survey_window_days')) }}
        ) as counted_to_date
    from {{ ref('int_survey_answers') }}

),

sponsor_spells as (

    select
        account_id as customer_id,
        {{ local_date('created_at') }} as from_date,
        {{ local_date('departed_at') }} as to_date
    from {{ ref('stg_crm__contacts') }}
    where contact_role = 'executive_sponsor'

),

answers_by_day as (

    select
        health_days.customer_id,
        health_days.health_date,
        avg(cast(answers.score as double)) filter (
            where answers.survey_type = 'nps'
        ) as mean_nps_score,
        cast(
            count(*) filter (where answers.survey_type = 'csat' and answers.score >= 4)
            as double
        )
        / nullif(count(*) filter (where answers.survey_type = 'csat'), 0)
            as csat_share
    from health_days
    inner join answers
        on
            health_days.customer_id = answers.customer_id
            and health_days.health_date >= answers.counted_from_date
            and health_days.health_date < answers.counted_to_date
    group by health_days.customer_id, health_days.health_date

),

sponsors_by_day as (

    select
        health_days.customer_id,
        health_days.health_date,
        count(*) filter (
            where coalesce(sponsor_spells.to_date, cast('9999-12-31' as date))
            > health_days.health_date
        ) as executive_sponsors
    from health_days
    inner join sponsor_spells
        on
            health_days.customer_id = sponsor_spells.customer_id
            and health_days.health_date >= sponsor_spells.from_date
    group by health_days.customer_id, health_days.health_date

),

final as (

    select
        health_days.customer_id,
        health_days.health_date,
        answers_by_day.mean_nps_score,
        answers_by_day.csat_share,
        sponsors_by_day.executive_sponsors
    from health_days
    left join answers_by_day
        on
            health_days.customer_id = answers_by_day.customer_id
            and health_days.health_date = answers_by_day.health_date
    left join sponsors_by_day
        on
            health_days.customer_id = sponsors_by_day.customer_id
            and health_days.health_date = sponsors_by_day.health_date

)

select * from final
