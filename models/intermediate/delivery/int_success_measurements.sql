-- One row per success measure and day from which a state of it holds: agreed, then
-- measured. Older measurements are read from the versions of a row that its system
-- sent.
with

versions as (

    select
        measure_id,
        account_id,
        baseline_value,
        target_value,
        actual_value,
        annual_value,
        measured_at,
        {{ local_date('measured_at') }} as measured_date,
        {{ local_date('updated_at') }} as updated_date,
        version_number,
        row_status
    from {{ ref('base_success__success_measures') }}

),

measures as (

    select
        measure_id,
        account_id as customer_id,
        measured_at as last_measured_at
    from versions
    where row_status = 'current'

),

agreements as (

    select
        measure_id,
        min(least(updated_date, coalesce(measured_date, updated_date))) as agreed_date
    from versions
    group by measure_id

),

-- Of one day's measurements the last counts; of its versions the newest.
measurements as (

    select
        versions.measure_id,
        measures.customer_id,
        versions.measured_date,
        versions.baseline_value,
        versions.target_value,
        versions.actual_value,
        versions.annual_value,
        versions.measured_at,
        row_number() over (
            partition by versions.measure_id, versions.measured_date
            order by versions.measured_at desc, versions.version_number asc
        ) as measurement_number
    from versions
    inner join measures
        on
            versions.measure_id = measures.measure_id
            and versions.measured_at <= measures.last_measured_at
    where
        versions.measured_date <= {{ as_of_date() }}
        and versions.actual_value is not null

),

states as (

    select
        measures.measure_id,
        measures.customer_id,
        agreements.agreed_date as from_date,
        false as is_measured,
        false as is_met,
        cast(null as decimal(18, 4)) as actual_value,
        cast(null as decimal(18, 2)) as annual_value,
        cast(null as timestamp) as measured_at
    from measures
    inner join agreements
        on measures.measure_id = agreements.measure_id
    where agreements.agreed_date <= {{ as_of_date() }}

    union all

    select
        measure_id,
        customer_id,
        measured_date as from_date,
        true as is_measured,
        {{ is_at_target('baseline_value', 'target_value', 'actual_value') }} as is_met,
        actual_value,
        annual_value,
        measured_at
    from measurements
    where measurement_number = 1

),

-- Agreed and measured on one day: the measurement is the state of that day.
states_by_day as (

    select
        *,
        row_number() over (
            partition by measure_id, from_date order by is_measured desc
        ) as state_number
    from states

),

final as (

    select
        measure_id,
        customer_id,
        from_date,
        lead(from_date) over (partition by measure_id order by from_date) as to_date,
        is_measured,
        coalesce(is_met, false) as is_met,
        actual_value,
        annual_value,
        measured_at
    from states_by_day
    where state_number = 1

)

select * from final
