-- One row per customer with CMRR, the one to care for first on top: expected loss is
-- chance of loss within 180 days x CMRR at stake x nearness of the renewal.
with

churn_risk as (

    select *
    from {{ ref('fct_churn_risk') }}
    where horizon_days = 180

),

context as (

    select *
    from {{ ref('fct_at_risk_context') }}

),

final as (

    select
        cast(
            row_number() over (
                order by
                    {{ expected_loss() }} desc nulls last,
                    churn_risk.cmrr desc,
                    churn_risk.customer_id asc
            ) as integer
        ) as at_risk_rank,
        churn_risk.customer_id,
        context.customer_name,
        churn_risk.segment,
        context.csm_user_id,
        context.csm_name,
        churn_risk.chance_of_loss,
        churn_risk.chance_source,
        churn_risk.cmrr as cmrr_at_stake,
        context.nearness,
        cast({{ expected_loss() }} as decimal(18, 2)) as expected_loss,
        cast(round(churn_risk.chance_of_loss * churn_risk.cmrr, 2) as decimal(18, 2))
            as expected_lost_cmrr,
        context.next_contract_id,
        context.next_due_date,
        context.days_to_due,
        churn_risk.health_band,
        context.health_score,
        context.change_30_days,
        {%- for number in [1, 2, 3] %}
        context.worst_component_{{ number }},
        context.worst_measure_{{ number }},
        context.worst_measure_value_{{ number }},
        {%- endfor %}
        {%- for number in [1, 2, 3] %}
        churn_risk.reason_{{ number }} as model_reason_{{ number }},
        churn_risk.reason_{{ number }}_direction as model_reason_{{ number }}_direction,
        {%- endfor %}
        context.open_risks,
        context.risk_level,
        context.risk_reason_code,
        context.intention,
        context.action_plan,
        context.last_contact_date,
        context.days_since_contact,
        context.sponsor_status
    from churn_risk
    inner join context
        on churn_risk.customer_id = context.customer_id

)

select * from final
