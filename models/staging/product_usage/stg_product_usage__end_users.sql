-- One row per accepted row of product_usage.end_users: the current version of its key.
with

final as (

    select
        end_user_id,
        account_id,
        contact_id,
        created_at,
        deactivated_at,
        updated_at,
        loaded_at
    from {{ ref('base_product_usage__end_users') }}
    where row_status = 'current'

)

select * from final
