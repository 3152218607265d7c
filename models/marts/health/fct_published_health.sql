{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='fail',
        pre_hook="{{ forget_published_day() }}",
        tags=['shown']
    )
}}
-- One row per refresh day and customer with CMRR then: its health as it was shown.
-- A day is written by its own refresh only; the rebuild of an earlier day adds nothing.
with

customer_health as (

    select
        customer_id,
        health_date,
        segment,
        lifecycle_stage,
        health_score,
        health_band,
        computed_band,
        capping_risk_id,
        coverage,
        worst_component,
        change_30_days,
        change_90_days,
        change_driver,
        cmrr
    from {{ ref('fct_customer_health') }}

),

final as (

    select
        health_date as published_on,
        customer_id,
        segment,
        lifecycle_stage,
        health_score,
        health_band,
        computed_band,
        capping_risk_id,
        coverage,
        worst_component,
        change_30_days,
        change_90_days,
        change_driver,
        cmrr
    from customer_health
    where health_date = {{ as_of_date() }} and {{ is_newest_day() }}

)

select * from final
