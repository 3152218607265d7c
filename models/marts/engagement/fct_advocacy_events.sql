-- One row per act of advocacy by the as-of date; a referral with what became of it.
-- Referred accounts: is_first_referral; two customers may refer the same one.
with

advocacy_events as (

    select
        advocacy_event_id,
        account_id as customer_id,
        contact_id,
        event_type,
        case when event_type = 'referral' then referred_account_id end
            as referred_account_id,
        occurred_at,
        {{ local_date('occurred_at') }} as event_date
    from {{ ref('stg_success__advocacy_events') }}
    where {{ local_date('occurred_at') }} <= {{ as_of_date() }}

),

customers as (

    select
        customer_id,
        first_signed_date,
        cmrr
    from {{ ref('dim_customers') }}
    where first_signed_date <= {{ as_of_date() }}

),

opportunities as (

    select
        opportunity_id,
        account_id,
        is_closed and close_date <= {{ as_of_date() }} as is_closed,
        row_number() over (
            partition by account_id order by created_at, opportunity_id
        ) as opportunity_number
    from {{ ref('stg_crm__opportunities') }}
    where
        opportunity_type = 'new'
        and {{ local_date('created_at') }} <= {{ as_of_date() }}

),

account_opportunities as (

    select
        account_id,
        max(opportunity_id) filter (where opportunity_number = 1)
            as first_opportunity_id,
        bool_or(not coalesce(is_closed, false)) as has_open_opportunity
    from opportunities
    group by account_id

),

numbered_events as (

    select
        *,
        row_number() over (
            partition by referred_account_id order by occurred_at, advocacy_event_id
        ) as referral_number
    from advocacy_events

),

final as (

    select
        events.advocacy_event_id,
        events.customer_id,
        events.contact_id,
        events.event_type,
        events.referred_account_id,
        opportunities.first_opportunity_id as referred_opportunity_id,
        case
            when events.event_type <> 'referral' then null
            when events.referred_account_id is null then 'not_named'
            when customers.first_signed_date < events.event_date
                then 'customer_before'
            when customers.customer_id is not null then 'won'
            when opportunities.account_id is null then 'no_opportunity'
            when opportunities.has_open_opportunity then 'open'
            else 'lost'
        end as referral_outcome,
        events.referred_account_id is not null
        and events.referral_number = 1 as is_first_referral,
        events.referred_account_id is not null
        and events.referral_number = 1
        and coalesce(customers.first_signed_date >= events.event_date, false)
            as is_converted,
        case
            when customers.first_signed_date >= events.event_date
                then cast(customers.first_signed_date - events.event_date as integer)
        end as days_to_signature,
        customers.first_signed_date as referred_first_signed_date,
        customers.cmrr as referred_cmrr,
        events.occurred_at,
        events.event_date
    from numbered_events as events
    left join customers
        on events.referred_account_id = customers.customer_id
    left join account_opportunities as opportunities
        on events.referred_account_id = opportunities.account_id

)

select * from final
