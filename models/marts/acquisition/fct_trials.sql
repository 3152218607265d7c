-- One row per trial or free edition that had begun by the as-of date.
-- The rate counts a trial on the day it ends, a free edition when it is 90 days old.
with

trials as (

    select
        lead_id,
        lead_source,
        trial_type,
        converted_account_id,
        {{ local_date('trial_started_at') }} as started_date,
        case
            when {{ local_date('trial_ended_at') }} <= {{ as_of_date() }}
                then {{ local_date('trial_ended_at') }}
        end as ended_date
    from {{ ref('stg_crm__leads') }}
    where {{ local_date('trial_started_at') }} <= {{ as_of_date() }}

),

customers as (

    select
        customer_id,
        first_signed_date
    from {{ ref('dim_customers') }}
    where first_signed_date <= {{ as_of_date() }}

),

trials_with_contract as (

    select
        trials.lead_id,
        trials.lead_source,
        trials.trial_type,
        trials.converted_account_id,
        trials.started_date,
        trials.ended_date,
        case
            when trials.trial_type = 'freemium'
                then {{ add_days('trials.started_date', 90) }}
            else trials.ended_date
        end as due_date,
        customers.first_signed_date
    from trials
    -- A contract from before the trial is not what the trial led to.
    left join customers
        on
            trials.converted_account_id = customers.customer_id
            and trials.started_date <= customers.first_signed_date

),

final as (

    select
        lead_id,
        lead_source,
        trial_type,
        converted_account_id as customer_id,
        started_date,
        ended_date,
        case when due_date <= {{ as_of_date() }} then due_date end as counted_date,
        first_signed_date,
        cast(first_signed_date - started_date as integer) as days_to_contract,
        coalesce(due_date <= {{ as_of_date() }}, false) as is_counted,
        first_signed_date is not null as has_signed,
        coalesce(
            due_date <= {{ as_of_date() }} and first_signed_date is not null, false
        ) as is_converted
    from trials_with_contract

)

select * from final
