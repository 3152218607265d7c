{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='fail',
        tags=['state']
    )
}}
-- One row per lock period and term: due in it, or carried over into it. Rows are only
-- added, never rewritten; do not add carried-over amounts to those of other periods.
with

terms as (

    select
        contract_id,
        customer_id,
        due_date
    from {{ ref('int_renewal_terms') }}

),

looks as (

    select
        contract_id,
        look,
        period_start,
        expected_cmrr,
        is_ended_within_term,
        is_resolved
    from {{ ref('int_renewal_days') }}
    where period_start <= {{ as_of_date() }}

),

segment_spells as (

    select
        customer_id,
        segment,
        from_date,
        to_date
    from {{ ref('int_customer_segment_spells') }}

),

smallest_segment as (

    select segment
    from {{ ref('customer_segments') }}
    where minimum_annual_cmrr = 0

),

first_build as (

    select min(as_of_date) as first_as_of_date
    from {{ ref('fct_refresh_days') }}
    where is_first_build

),

earlier_locks as (

    {% if is_incremental() %}
    select
        period_start,
        contract_id,
        expected_cmrr,
        due_date,
        is_carried_over
    from {{ this }}
    {% else %}
    select
        cast(null as date) as period_start,
        cast(null as varchar) as contract_id,
        cast(null as decimal(18, 2)) as expected_cmrr,
        cast(null as date) as due_date,
        false as is_carried_over
    where false
    {% endif %}

),

due_locks as (

    select
        looks.period_start,
        looks.contract_id,
        coalesce(earlier_locks.due_date, terms.due_date) as due_date,
        coalesce(earlier_locks.expected_cmrr, looks.expected_cmrr) as expected_cmrr
    from looks
    inner join terms
        on looks.contract_id = terms.contract_id
    left join earlier_locks
        on
            looks.contract_id = earlier_locks.contract_id
            and looks.period_start = earlier_locks.period_start
            and not earlier_locks.is_carried_over
    where
        looks.look = 'due'
        and (
            earlier_locks.contract_id is not null
            or not looks.is_ended_within_term
        )

),

wanted_locks as (

    select
        period_start,
        contract_id,
        due_date,
        expected_cmrr,
        false as is_carried_over
    from due_locks

    union all

    select
        looks.period_start,
        due_locks.contract_id,
        due_locks.due_date,
        due_locks.expected_cmrr,
        true as is_carried_over
    from looks
    inner join due_locks
        on looks.contract_id = due_locks.contract_id
    where looks.look = 'carried_over' and not looks.is_resolved

),

final as (

    select
        wanted_locks.period_start,
        wanted_locks.contract_id,
        terms.customer_id,
        coalesce(segment_spells.segment, smallest_segment.segment) as segment,
        wanted_locks.due_date,
        {{ as_of_date() }} as locked_on,
        wanted_locks.expected_cmrr,
        wanted_locks.is_carried_over,
        coalesce(wanted_locks.period_start < first_build.first_as_of_date, false)
            as is_backfilled
    from wanted_locks
    inner join terms
        on wanted_locks.contract_id = terms.contract_id
    cross join first_build
    cross join smallest_segment
    left join segment_spells
        on
            terms.customer_id = segment_spells.customer_id
            and wanted_locks.period_start > segment_spells.from_date
            and coalesce(wanted_locks.period_start <= segment_spells.to_date, true)
    left join earlier_locks
        on
            wanted_locks.contract_id = earlier_locks.contract_id
            and wanted_locks.period_start = earlier_locks.period_start
    where earlier_locks.contract_id is null

)

select * from final
