-- One row per key of product_usage.end_users whose current version stands.
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
