-- One row per day and customer: how ready it looked to buy more, and whether it did
-- within 180 days (null on the as-of date). Nothing is learnt, so nothing too early.
with

cases as (

    select
        case_date,
        horizon_date,
        customer_id,
        health_day_number,
        health_score,
        contract_growth as growth_score,
        is_lost is not null as is_over
    from {{ ref('int_churn_cases') }}
    where horizon_days = 180

),

utilisation_scores as (

    select
        health_day_number,
        measure_score
    from {{ ref('int_health_measure_scores') }}
    where measure = 'licence_utilisation'

),

purchases as (

    select
        customer_id,
        change_date,
        sum(amount) as amount
    from {{ ref('int_cmrr_changes') }}
    where movement_type in ('add_on', 'upgrade')
    group by customer_id, change_date
    having sum(amount) > 0

),

growers as (

    select
        cases.case_date,
        cases.customer_id
    from cases
    inner join purchases
        on
            cases.customer_id = purchases.customer_id
            and cases.case_date < purchases.change_date
            and cases.horizon_date >= purchases.change_date
    group by cases.case_date, cases.customer_id

),

scored as (

    select
        cases.case_date,
        cases.customer_id,
        utilisation_scores.measure_score as utilisation_score,
        cases.health_score,
        cases.growth_score,
        cases.is_over,
        growers.customer_id is not null as has_grown,
        {{ score_of(
            'cast(100 * (coalesce(utilisation_scores.measure_score, 0)'
            ~ ' + coalesce(cases.health_score, 0)'
            ~ ' + coalesce(cases.growth_score, 0)) as bigint)',
            'nullif((case when utilisation_scores.measure_score is null then 0 else 1 end'
            ~ ' + case when cases.health_score is null then 0 else 1 end'
            ~ ' + case when cases.growth_score is null then 0 else 1 end), 0)'
        ) }} as growth_index
    from cases
    left join utilisation_scores
        on cases.health_day_number = utilisation_scores.health_day_number
    left join growers
        on
            cases.case_date = growers.case_date
            and cases.customer_id = growers.customer_id

),

final as (

    select
        case_date,
        customer_id,
        utilisation_score,
        health_score,
        growth_score,
        growth_index,
        case
            when growth_index is not null
                then ntile(3) over (
                        partition by case_date, growth_index is null
                        order by growth_index, customer_id
                    )
        end as growth_third,
        case when is_over then has_grown end as has_grown
    from scored

)

select * from final
