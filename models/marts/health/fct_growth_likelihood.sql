-- One row per customer with CMRR on the as-of date: how likely it buys more within 180
-- days, by what customers that looked like it did, and how well such looks ranked.
with

cases as (

    select *
    from {{ ref('int_growth_cases') }}

),

past_cases as (

    select
        case_date,
        growth_third,
        has_grown,
        rank() over (partition by case_date order by growth_index)
        + (count(*) over (partition by case_date, growth_index) - 1) / 2.0
            as middle_rank
    from cases
    where has_grown is not null and growth_index is not null

),

quarters as (

    select
        case_date,
        count(*) filter (where has_grown) as growers,
        count(*) filter (where not has_grown) as others,
        sum(cast(middle_rank as double)) filter (where has_grown) as grower_ranks
    from past_cases
    group by case_date

),

quarter_areas as (

    select
        case_date,
        (grower_ranks - growers * (growers + 1) / 2.0) / (growers * others) as auc
    from quarters
    where growers > 0 and others > 0

),

evaluation as (

    select
        count(*) as evaluated_quarters,
        avg(auc) as mean_auc,
        stddev_samp(auc) / sqrt(count(*)) as auc_error
    from quarter_areas

),

thirds as (

    select
        growth_third,
        count(*) as cases,
        count(*) filter (where has_grown) as growers
    from past_cases
    group by growth_third

),

final as (

    select
        cases.customer_id,
        cases.utilisation_score,
        cases.health_score,
        cases.growth_score,
        cases.growth_index,
        case cases.growth_third
            when 1 then 'low' when 2 then 'medium' when 3 then 'high'
        end as growth_likelihood,
        {{ ratio('thirds.growers', 'thirds.cases') }} as chance_of_growth,
        cast(coalesce(thirds.cases, 0) as integer) as compared_cases,
        cast(coalesce(thirds.growers, 0) as integer) as compared_growers,
        cast(evaluation.evaluated_quarters as integer) as evaluated_quarters,
        cast(round(evaluation.mean_auc, 6) as decimal(18, 6)) as mean_auc,
        cast(
            case
                when evaluation.auc_error is not null
                    then greatest(evaluation.mean_auc - 1.96 * evaluation.auc_error, 0)
            end
            as decimal(18, 6)
        ) as mean_auc_low,
        cast(
            case
                when evaluation.auc_error is not null
                    then least(evaluation.mean_auc + 1.96 * evaluation.auc_error, 1)
            end
            as decimal(18, 6)
        ) as mean_auc_high,
        coalesce(evaluation.mean_auc - 1.96 * evaluation.auc_error > 0.5, false)
            as is_better_than_chance
    from cases
    left join thirds
        on cases.growth_third = thirds.growth_third
    cross join evaluation
    where cases.has_grown is null

)

select * from final
