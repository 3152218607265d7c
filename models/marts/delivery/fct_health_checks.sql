-- One row per health check, as it is on the as-of date. Completion rate: of those that
-- are due, the share that is completed, whenever it was held.
with

health_checks as (

    select
        health_check_id,
        account_id,
        csm_user_id,
        scheduled_date,
        completed_at,
        {{ local_date('completed_at') }} as completed_date
    from {{ ref('stg_success__health_checks') }}

),

customers as (

    select
        customer_id,
        segment
    from {{ ref('dim_customers') }}

),

known_health_checks as (

    select
        health_check_id,
        account_id as customer_id,
        csm_user_id,
        scheduled_date,
        case when completed_date <= {{ as_of_date() }} then completed_at end
            as completed_at,
        case when completed_date <= {{ as_of_date() }} then completed_date end
            as completed_date
    from health_checks

),

final as (

    select
        health_checks.health_check_id,
        health_checks.customer_id,
        customers.segment,
        health_checks.csm_user_id,
        cast(health_checks.completed_date - health_checks.scheduled_date as integer)
            as days_late,
        case
            when
                health_checks.completed_date is null
                and health_checks.scheduled_date < {{ as_of_date() }}
                then cast({{ as_of_date() }} - health_checks.scheduled_date as integer)
        end as days_overdue,
        health_checks.scheduled_date <= {{ as_of_date() }} as is_due,
        health_checks.completed_date is not null as is_completed,
        health_checks.completed_date is null
        and health_checks.scheduled_date < {{ as_of_date() }} as is_overdue,
        health_checks.scheduled_date,
        health_checks.completed_at
    from known_health_checks as health_checks
    left join customers
        on health_checks.customer_id = customers.customer_id

)

select * from final
