-- One row per opportunity created by the as-of date: open, won or lost as of that date.
-- amount is in the opportunity's own currency; do not add up across currencies.
with

opportunities as (

    select
        opportunity_id,
        account_id,
        opportunity_type,
        stage,
        amount,
        currency,
        lead_source,
        is_trial_conversion,
        is_closed,
        is_won,
        owner_user_id,
        close_date,
        {{ local_date('created_at') }} as created_date,
        case
            when is_closed
                then coalesce(close_date, {{ local_date('updated_at') }})
        end as closed_date
    from {{ ref('stg_crm__opportunities') }}
    where {{ local_date('created_at') }} <= {{ as_of_date() }}

),

opportunities_as_of as (

    select
        *,
        coalesce(closed_date <= {{ as_of_date() }}, false) as is_closed_by_now
    from opportunities

),

final as (

    select
        opportunity_id,
        account_id as customer_id,
        opportunity_type,
        lead_source,
        owner_user_id,
        case
            when not is_closed_by_now then 'open'
            when is_won then 'won'
            else 'lost'
        end as outcome,
        stage,
        amount,
        currency,
        created_date,
        case when is_closed_by_now then closed_date end as closed_date,
        case when not is_closed_by_now then close_date end as expected_close_date,
        -- Written into the CRM after it was won: no time passed that we know of.
        case
            when is_closed_by_now and is_won
                then cast(greatest(closed_date - created_date, 0) as integer)
        end as sales_cycle_days,
        is_trial_conversion,
        is_closed_by_now as is_closed,
        is_closed_by_now and is_won as is_won
    from opportunities_as_of

)

select * from final
