-- One row per customer with CMRR on the as-of date and horizon: chance of loss, why and
-- how the model did on quarters later than it had learnt from. None without that.
with

predictions as (

    select *
    from {{ ref('int_churn_predictions') }}
    where case_date = {{ as_of_date() }} and is_lost is null

),

evaluations as (

    select *
    from {{ ref('fct_churn_model_evaluations') }}
    where period = 'all' and group_name = 'total'

),

health as (

    select
        customer_id,
        segment,
        health_score,
        health_band,
        cmrr
    from {{ ref('fct_customer_health') }}
    where health_date = {{ as_of_date() }}

),

band_loss_rates as (

    select
        horizon_days,
        health_band,
        loss_rate
    from {{ ref('fct_band_loss_rates') }}

),

judged as (

    select
        predictions.*,
        health.segment,
        health.health_band,
        health.cmrr,
        coalesce(evaluations.cases, 0) as evaluated_cases,
        coalesce(evaluations.losses, 0) as evaluated_losses,
        coalesce(evaluations.scored_cases, 0) as scored_cases,
        evaluations.brier_score,
        evaluations.base_rate_brier_score,
        evaluations.auc,
        evaluations.auc_low,
        evaluations.auc_high,
        evaluations.score_auc,
        evaluations.due_date_auc,
        coalesce(evaluations.is_better_than_score, false) as is_better_than_score,
        coalesce(evaluations.is_better_than_due_date, false)
            as is_better_than_due_date,
        case
            when predictions.probability is null then 'few_losses_to_learn_from'
            when
                coalesce(evaluations.scored_losses, 0)
                < {{ minimum_evaluated_losses() }}
                or evaluations.auc is null
                then 'few_losses_to_be_judged_by'
        end as no_probability_reason,
        coalesce(own_band.loss_rate, all_bands.loss_rate) as band_loss_rate,
        case
            when own_band.loss_rate is not null then 'band_loss_rate'
            when all_bands.loss_rate is not null then 'overall_loss_rate'
        end as band_source
    from predictions
    inner join health
        on predictions.customer_id = health.customer_id
    left join evaluations
        on predictions.horizon_days = evaluations.horizon_days
    left join band_loss_rates as own_band
        on
            predictions.horizon_days = own_band.horizon_days
            and health.health_band = own_band.health_band
    left join band_loss_rates as all_bands
        on
            predictions.horizon_days = all_bands.horizon_days
            and all_bands.health_band = 'all_bands'

),

shown as (

    select
        *,
        case
            when no_probability_reason is null
                then cast(probability as decimal(18, 6))
        end as shown_probability,
        cast(
            row_number() over (
                partition by horizon_days
                order by probability desc, cmrr desc, customer_id asc
            ) as integer
        ) as model_rank
    from judged

),

final as (

    select
        customer_id,
        horizon_days,
        segment,
        health_band,
        cmrr,
        shown_probability as probability,
        no_probability_reason,
        case
            when shown_probability is not null
                then model_rank
        end as risk_rank,
        {%- for number in [1, 2, 3] %}
        case when shown_probability is not null then reason_{{ number }} end
            as reason_{{ number }},
        case
            when shown_probability is null then null
            when reason_{{ number }}_weight > 0 then 'raises'
            when reason_{{ number }}_weight < 0 then 'lowers'
        end as reason_{{ number }}_direction,
        {%- endfor %}
        band_loss_rate,
        case
            when is_better_than_score then coalesce(shown_probability, band_loss_rate)
            else band_loss_rate
        end as chance_of_loss,
        case
            when is_better_than_score and shown_probability is not null then 'model'
            else band_source
        end as chance_source,
        trained_cases,
        trained_losses,
        evaluated_cases,
        evaluated_losses,
        scored_cases,
        auc,
        auc_low,
        auc_high,
        score_auc,
        due_date_auc,
        brier_score,
        base_rate_brier_score,
        is_better_than_score,
        is_better_than_due_date
    from shown

)

select * from final
