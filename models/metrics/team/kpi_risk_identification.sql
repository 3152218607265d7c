-- One row per risk, with the decline of health that stood when it was raised.
with

risks as (

    select
        risk_id,
        customer_id,
        csm_user_id,
        raised_by,
        risk_level,
        reason_code,
        opened_date,
        is_raised_late
    from {{ ref('fct_risks') }}

),

identifications as (

    select
        risk_id,
        time_to_identify_risk_days
    from {{ ref('fct_risk_identifications') }}

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
        identifications.time_to_identify_risk_days as days_to_identify,
        risks.is_raised_late
    from risks
    inner join identifications
        on risks.risk_id = identifications.risk_id

)

select * from final
