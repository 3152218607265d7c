-- One row per project and checkpoint, 30 and 60 days after its contract's start, once
-- past. Activated: licences whose last activation or deactivation by that day is an
-- activation.
with

projects as (

    select
        project_id,
        customer_id,
        contract_start_date
    from {{ ref('int_onboarding_projects') }}

),

licence_changes as (

    select
        customer_id,
        change_date,
        licence_change
    from {{ ref('int_customer_licences_changed') }}

),

seat_skus as (

    select sku
    from {{ ref('stg_billing__products') }}
    where unit_of_measure = 'seat'

),

licence_events as (

    select
        events.licence_event_id,
        events.account_id as customer_id,
        events.end_user_id,
        events.sku,
        events.event_type,
        events.occurred_at,
        {{ local_date('events.occurred_at') }} as event_date
    from {{ ref('stg_product_usage__licence_events') }} as events
    inner join seat_skus
        on events.sku = seat_skus.sku
    where events.event_type in ('activated', 'deactivated')

),

checkpoints as (

    {%- for days in [30, 60] %}
    select
        project_id,
        customer_id,
        {{ days }} as checkpoint_days,
        {{ add_days('contract_start_date', days) }} as checkpoint_date
    from projects
    where {{ add_days('contract_start_date', days) }} <= {{ as_of_date() }}
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor %}

),

purchased as (

    select
        checkpoints.project_id,
        checkpoints.checkpoint_days,
        sum(licence_changes.licence_change) as licences_purchased
    from checkpoints
    inner join licence_changes
        on
            checkpoints.customer_id = licence_changes.customer_id
            and checkpoints.checkpoint_date >= licence_changes.change_date
    group by checkpoints.project_id, checkpoints.checkpoint_days

),

last_events as (

    select
        checkpoints.project_id,
        checkpoints.checkpoint_days,
        licence_events.event_type,
        row_number() over (
            partition by
                checkpoints.project_id,
                checkpoints.checkpoint_days,
                licence_events.end_user_id,
                licence_events.sku
            order by
                licence_events.occurred_at desc,
                licence_events.event_type desc,
                licence_events.licence_event_id desc
        ) as event_number
    from checkpoints
    inner join licence_events
        on
            checkpoints.customer_id = licence_events.customer_id
            and checkpoints.checkpoint_date >= licence_events.event_date

),

activated as (

    select
        project_id,
        checkpoint_days,
        count(*) as licences_activated
    from last_events
    where event_number = 1 and event_type = 'activated'
    group by project_id, checkpoint_days

),

final as (

    select
        checkpoints.project_id,
        cast(checkpoints.checkpoint_days as integer) as checkpoint_days,
        checkpoints.checkpoint_date,
        cast(coalesce(purchased.licences_purchased, 0) as decimal(18, 2))
            as licences_purchased,
        cast(coalesce(activated.licences_activated, 0) as integer)
            as licences_activated
    from checkpoints
    left join purchased
        on
            checkpoints.project_id = purchased.project_id
            and checkpoints.checkpoint_days = purchased.checkpoint_days
    left join activated
        on
            checkpoints.project_id = activated.project_id
            and checkpoints.checkpoint_days = activated.checkpoint_days

)

select * from final
