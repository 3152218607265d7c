-- One row per key of marketing.email_sends whose current version stands.
with

final as (

    select
        email_send_id,
        contact_id,
        account_id,
        campaign_name,
        sent_at,
        opened_at,
        clicked_at,
        unsubscribed_at,
        updated_at,
        loaded_at
    from {{ ref('base_marketing__email_sends') }}
    where row_status = 'current'

)

select * from final
