-- One row per success measure, as last measured by the as-of date.
-- A target below the baseline is reached from above: its direction is down.
with

measures as (

    select
        measure_id,
        account_id,
        measure_name,
        unit,
        baseline_value,
        target_value,
        target_met_at,
        {{ local_date('target_met_at') }} <= {{ as_of_date() }} as has_been_met
    from {{ ref('stg_success__success_measures') }}

),

states as (

    select
        measure_id,
        from_date,
        to_date,
        is_measured,
        is_met,
        actual_value,
        annual_value,
        measured_at,
        min(from_date) over (partition by measure_id) as agreed_date
    from {{ ref('int_success_measurements') }}

),

final as (

    select
        measures.measure_id,
        measures.account_id as customer_id,
        measures.measure_name,
        measures.unit,
        case
            when measures.target_value > measures.baseline_value then 'up'
            when measures.target_value < measures.baseline_value then 'down'
            else 'level'
        end as direction,
        measures.baseline_value,
        measures.target_value,
        states.actual_value,
        cast(
            {{ divide_money(
                1,
                whole_number('states.actual_value - measures.baseline_value', 4),
                whole_number('measures.target_value - measures.baseline_value', 4),
                decimals=6
            ) }} as decimal(18, 6)
        ) as progress_share,
        states.annual_value,
        states.is_measured,
        states.is_met,
        states.agreed_date,
        states.measured_at,
        case when measures.has_been_met then measures.target_met_at end as target_met_at
    from measures
    inner join states
        on measures.measure_id = states.measure_id
    where states.to_date is null

)

select * from final
