-- One row per person who asked for deletion, and name, address and account that the CRM
-- ever gave them. A view, as it holds what nothing else may keep.
with

requests as (

    select contact_id
    from {{ ref('deletion_requests') }}

),

contact_rows as (

    select
        contact_id,
        account_id,
        full_name,
        email
    from {{ ref('base_crm__contact_rows') }}

),

final as (

    select distinct
        requests.contact_id,
        contact_rows.account_id,
        contact_rows.full_name,
        contact_rows.email
    from requests
    left join contact_rows
        on requests.contact_id = contact_rows.contact_id

)

select * from final
