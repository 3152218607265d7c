-- One row per key of surveys.responses whose current version stands.
with

final as (

    select
        response_id,
        invitation_id,
        score,
        comment,
        responded_at,
        updated_at,
        loaded_at
    from {{ ref('base_surveys__responses') }}
    where row_status = 'current'

)

select * from final
