-- One row per key of marketing.community_posts whose current version stands.
with

final as (

    select
        post_id,
        contact_id,
        account_id,
        post_type,
        posted_at,
        loaded_at
    from {{ ref('base_marketing__community_posts') }}
    where row_status = 'current'

)

select * from final
