-- One row per key of surveys.invitations whose current version stands.
with

final as (

    select
        invitation_id,
        survey_type,
        survey_kind,
        touchpoint,
        account_id,
        contact_id,
        sent_at,
        loaded_at
    from {{ ref('base_surveys__invitations') }}
    where row_status = 'current'

)

select * from final
