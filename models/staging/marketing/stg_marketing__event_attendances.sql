-- One row per key of marketing.event_attendances whose current version stands.
with

final as (

    select
        attendance_id,
        contact_id,
        account_id,
        event_name,
        event_type,
        attended_at,
        loaded_at
    from {{ ref('base_marketing__event_attendances') }}
    where row_status = 'current'

)

select * from final
