-- One row per attendance of an event and per community post, by the as-of date.
-- Ids of the two sources may meet: the grain is activity and id together.
with

final as (

    select
        'event' as activity,
        attendance_id as engagement_id,
        account_id as customer_id,
        contact_id,
        event_type as activity_type,
        event_name as activity_name,
        attended_at as occurred_at,
        {{ local_date('attended_at') }} as event_date
    from {{ ref('stg_marketing__event_attendances') }}
    where {{ local_date('attended_at') }} <= {{ as_of_date() }}

    union all

    select
        'community' as activity,
        post_id as engagement_id,
        account_id as customer_id,
        contact_id,
        post_type as activity_type,
        cast(null as varchar) as activity_name,
        posted_at as occurred_at,
        {{ local_date('posted_at') }} as event_date
    from {{ ref('stg_marketing__community_posts') }}
    where {{ local_date('posted_at') }} <= {{ as_of_date() }}

)

select * from final
