-- One row per customer and day for which health is told: Sundays with CMRR, the as-of
-- date, and the last day before CMRR ended. Segment and stage are those of the day.
with recursive

cmrr_spells as (

    select
        customer_id,
        segment,
        cmrr,
        from_date,
        to_date
    from {{ ref('int_customer_segment_spells') }}

),

contracts as (

    select
        contract_id,
        signed_date,
        end_date
    from {{ ref('int_contract_families') }}

),

commitments as (

    select
        customer_id,
        contract_id,
        commit_start_date,
        commit_end_date
    from {{ ref('int_line_commitments') }}
    where commit_start_date < commit_end_date and reporting_mrr <> 0

),

onboarding_projects as (

    select
        account_id as customer_id,
        contract_id,
        {{ local_date('went_live_at') }} as went_live_date
    from {{ ref('stg_success__onboarding_projects') }}

),

first_days as (

    select min(from_date) as first_day
    from cmrr_spells

),

sundays as (

    select
        {{ add_days(
            'first_day', '(7 - cast(extract(isodow from first_day) as integer)) % 7'
        ) }} as sunday
    from first_days
    where first_day is not null

    union all

    select {{ add_days('sunday', 7) }} as sunday
    from sundays
    where {{ add_days('sunday', 7) }} <= {{ as_of_date() }}

),

told_days as (

    select
        cmrr_spells.customer_id,
        sundays.sunday as health_date
    from cmrr_spells
    inner join sundays
        on
            cmrr_spells.from_date <= sundays.sunday
            and coalesce(cmrr_spells.to_date, cast('9999-12-31' as date))
            > sundays.sunday
    where cmrr_spells.cmrr > 0 and sundays.sunday <= {{ as_of_date() }}

    union all

    select
        customer_id,
        {{ as_of_date() }} as health_date
    from cmrr_spells
    where
        cmrr > 0
        and from_date <= {{ as_of_date() }}
        and (to_date > {{ as_of_date() }} or to_date is null)

    union all

    select
        lost.customer_id,
        {{ add_days('lost.from_date', -1) }} as health_date
    from cmrr_spells as lost
    inner join cmrr_spells as last_held
        on
            lost.customer_id = last_held.customer_id
            and lost.from_date = last_held.to_date
            and last_held.cmrr > 0
    where lost.cmrr <= 0

),

distinct_days as (

    select
        customer_id,
        health_date
    from told_days
    group by customer_id, health_date

),

renewing_days as (

    select
        distinct_days.customer_id,
        distinct_days.health_date
    from distinct_days
    inner join commitments
        on
            distinct_days.customer_id = commitments.customer_id
            and distinct_days.health_date >= commitments.commit_start_date
            and distinct_days.health_date < commitments.commit_end_date
    inner join contracts
        on
            commitments.contract_id = contracts.contract_id
            and contracts.end_date between distinct_days.health_date
            and {{ add_days('distinct_days.health_date', 120) }}
    group by distinct_days.customer_id, distinct_days.health_date

),

projects_known as (

    select
        onboarding_projects.customer_id,
        coalesce(contracts.signed_date, cast('1900-01-01' as date)) as known_date,
        onboarding_projects.went_live_date
    from onboarding_projects
    left join contracts
        on onboarding_projects.contract_id = contracts.contract_id

),

onboarding_days as (

    select
        distinct_days.customer_id,
        distinct_days.health_date,
        bool_or(
            projects_known.went_live_date is null
            or projects_known.went_live_date > distinct_days.health_date
        ) as is_onboarding,
        min(projects_known.went_live_date) as first_live_date
    from distinct_days
    inner join projects_known
        on
            distinct_days.customer_id = projects_known.customer_id
            and distinct_days.health_date >= projects_known.known_date
    group by distinct_days.customer_id, distinct_days.health_date

),

final as (

    select
        row_number() over (
            order by distinct_days.customer_id, distinct_days.health_date
        ) as health_day_number,
        distinct_days.customer_id,
        distinct_days.health_date,
        cmrr_spells.segment,
        case
            when onboarding_days.is_onboarding then 'onboarding'
            when renewing_days.customer_id is not null then 'renewing'
            when
                onboarding_days.first_live_date + interval 12 month
                > distinct_days.health_date
                then 'adopting'
            else 'established'
        end as lifecycle_stage,
        cmrr_spells.cmrr,
        coalesce(
            cmrr_spells.to_date = {{ add_days('distinct_days.health_date', 1) }}
            and next_spell.cmrr <= 0,
            false
        ) as is_last_day
    from distinct_days
    inner join cmrr_spells
        on
            distinct_days.customer_id = cmrr_spells.customer_id
            and distinct_days.health_date >= cmrr_spells.from_date
            and coalesce(cmrr_spells.to_date, cast('9999-12-31' as date))
            > distinct_days.health_date
    left join cmrr_spells as next_spell
        on
            cmrr_spells.customer_id = next_spell.customer_id
            and cmrr_spells.to_date = next_spell.from_date
    left join renewing_days
        on
            distinct_days.customer_id = renewing_days.customer_id
            and distinct_days.health_date = renewing_days.health_date
    left join onboarding_days
        on
            distinct_days.customer_id = onboarding_days.customer_id
            and distinct_days.health_date = onboarding_days.health_date
    where cmrr_spells.cmrr > 0

)

select * from final
