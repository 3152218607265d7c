-- A probability stands beside what it was judged by; every customer with CMRR is here.
with

churn_risk as (

    select
        customer_id,
        horizon_days,
        cmrr,
        probability,
        no_probability_reason,
        auc,
        evaluated_losses
    from {{ ref('fct_churn_risk') }}

),

customers as (

    select
        customer_id,
        cmrr
    from {{ ref('dim_customers') }}
    where cmrr > 0

)

select
    customer_id,
    'a chance that was not judged' as problem
from churn_risk
where
    (probability is null) = (no_probability_reason is null)
    or (
        probability is not null
        and (auc is null or evaluated_losses < {{ minimum_evaluated_losses() }})
    )

union all

select
    customers.customer_id,
    'a customer that is missing, or of other CMRR' as problem
from customers
left join churn_risk
    on
        customers.customer_id = churn_risk.customer_id
        and customers.cmrr = churn_risk.cmrr
group by customers.customer_id
having count(churn_risk.horizon_days) <> 2
