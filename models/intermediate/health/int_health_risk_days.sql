-- One row per customer and health day with an open risk of a CSM that caps the band.
-- Of several the worst caps, then the one opened first.
with

health_days as (

    select
        customer_id,
        health_date
    from {{ ref('int_health_days') }}

),

risks as (

    select
        risk_id,
        account_id as customer_id,
        risk_level,
        {{ local_date('opened_at') }} as opened_date,
        {{ local_date('resolved_at') }} as resolved_date
    from {{ ref('stg_success__risks') }}
    where raised_by = 'csm' and risk_level in ('red', 'amber')

),

open_risks as (

    select
        health_days.customer_id,
        health_days.health_date,
        risks.risk_level as caps_at,
        risks.risk_id,
        row_number() over (
            partition by health_days.customer_id, health_days.health_date
            order by
                case risks.risk_level when 'red' then 1 else 2 end asc,
                risks.opened_date asc,
                risks.risk_id asc
        ) as risk_number
    from health_days
    inner join risks
        on
            health_days.customer_id = risks.customer_id
            and health_days.health_date >= risks.opened_date
            and (
                health_days.health_date < risks.resolved_date
                or risks.resolved_date is null
            )

),

final as (

    select
        customer_id,
        health_date,
        caps_at,
        risk_id
    from open_risks
    where risk_number = 1

)

select * from final
