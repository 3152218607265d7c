-- One row per customer and health day, a column per measure of health; null: no data.
-- A new measure is a column here, its name in health_measures() and a row in the seed.
with

health_days as (

    select
        health_day_number,
        customer_id,
        health_date,
        segment
    from {{ ref('int_health_days') }}

),

usage_measures as (

    select
        customer_id,
        health_date,
        licences,
        licence_utilisation,
        usage_trend,
        sticky_user_share
    from {{ ref('int_health_usage_measures') }}

),

touch_measures as (

    select
        customer_id,
        health_date,
        tickets,
        problem_tickets,
        escalated_tickets,
        question_tickets,
        email_sents,
        email_openeds,
        community_posts,
        advocacy_acts,
        meetings
    from {{ ref('int_health_touch_measures') }}

),

voice_measures as (

    select
        customer_id,
        health_date,
        mean_nps_score,
        csat_share,
        executive_sponsors
    from {{ ref('int_health_voice_measures') }}

),

money_measures as (

    select
        customer_id,
        health_date,
        cmrr_growth,
        mean_days_overdue
    from {{ ref('int_health_money_measures') }}

),

final as (

    select
        health_days.health_day_number,
        health_days.customer_id,
        health_days.health_date,
        health_days.segment,
        usage_measures.licence_utilisation,
        usage_measures.usage_trend,
        usage_measures.sticky_user_share,
        case
            when touch_measures.tickets is not null
                then
                    100.0 * coalesce(touch_measures.problem_tickets, 0)
                    / nullif(cast(usage_measures.licences as double), 0)
        end as problem_tickets_per_100_licences,
        case
            when touch_measures.tickets is not null
                then
                    100.0 * coalesce(touch_measures.escalated_tickets, 0)
                    / nullif(cast(usage_measures.licences as double), 0)
        end as escalations_per_100_licences,
        voice_measures.mean_nps_score,
        voice_measures.csat_share,
        cast(coalesce(touch_measures.email_openeds, 0) as double)
        / nullif(touch_measures.email_sents, 0) as email_open_rate,
        cast(touch_measures.community_posts as double) as community_posts,
        cast(touch_measures.advocacy_acts as double) as advocacy_acts,
        money_measures.cmrr_growth,
        case
            when touch_measures.tickets is not null
                then
                    100.0 * coalesce(touch_measures.question_tickets, 0)
                    / nullif(cast(usage_measures.licences as double), 0)
        end as questions_per_100_licences,
        money_measures.mean_days_overdue,
        cast(voice_measures.executive_sponsors as double) as executive_sponsors,
        cast(touch_measures.meetings as double) as meetings_held
    from health_days
    left join usage_measures
        on
            health_days.customer_id = usage_measures.customer_id
            and health_days.health_date = usage_measures.health_date
    left join touch_measures
        on
            health_days.customer_id = touch_measures.customer_id
            and health_days.health_date = touch_measures.health_date
    left join voice_measures
        on
            health_days.customer_id = voice_measures.customer_id
            and health_days.health_date = voice_measures.health_date
    left join money_measures
        on
            health_days.customer_id = money_measures.customer_id
            and health_days.health_date = money_measures.health_date

)

select * from final
