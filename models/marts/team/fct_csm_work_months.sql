-- One row per month, CSM and type of work of which there was any.
-- A person's work is what they did, also for customers that someone else carried.
with

csms as (

    select user_id
    from {{ ref('dim_users') }}
    where user_role = 'csm'

    union all

    select csm_user_id as user_id
    from {{ ref('fct_csm_portfolios') }}

    union all

    select 'unassigned' as user_id

),

distinct_csms as (

    select user_id
    from csms
    group by user_id

),

work as (

    select
        occurred_date as work_date,
        user_id,
        activity_type as work_type,
        0 as saved_cmrr
    from {{ ref('fct_interactions') }}

    union all

    select
        {{ local_date('created_at') }} as work_date,
        assignee_user_id as user_id,
        'ticket' as work_type,
        0 as saved_cmrr
    from {{ ref('stg_support__tickets') }}

    union all

    select
        opened_date as work_date,
        coalesce(csm_user_id, 'unassigned') as user_id,
        'risk_raised' as work_type,
        0 as saved_cmrr
    from {{ ref('fct_risks') }}

    union all

    select
        resolved_date as work_date,
        coalesce(resolving_csm_user_id, 'unassigned') as user_id,
        'risk_' || resolution as work_type,
        saved_cmrr
    from {{ ref('fct_risks') }}
    where resolution is not null

),

final as (

    select
        cast(date_trunc('month', work.work_date) as date) as month,
        work.user_id as csm_user_id,
        work.work_type,
        cast(count(*) as integer) as work_count,
        cast(sum(work.saved_cmrr) as decimal(18, 2)) as saved_cmrr
    from work
    inner join distinct_csms
        on work.user_id = distinct_csms.user_id
    where work.work_date <= {{ as_of_date() }}
    group by month, work.user_id, work.work_type

)

select * from final
