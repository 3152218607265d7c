-- One row per key of success.advocacy_events whose current version stands.
with

final as (

    select
        advocacy_event_id,
        account_id,
        contact_id,
        event_type,
        referred_account_id,
        occurred_at,
        loaded_at
    from {{ ref('base_success__advocacy_events') }}
    where row_status = 'current'

)

select * from final
