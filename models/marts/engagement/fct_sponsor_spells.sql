-- One row per executive sponsor that a customer has or had by the as-of date.
-- Active at the end of day d: active_from_date <= d and not departed by then.
with

contacts as (

    select
        contact_id,
        account_id as customer_id,
        title,
        {{ local_date('created_at') }} as active_from_date,
        {{ local_date('departed_at') }} as known_departed_date
    from {{ ref('stg_crm__contacts') }}
    where
        contact_role = 'executive_sponsor'
        and {{ local_date('created_at') }} <= {{ as_of_date() }}

),

final as (

    select
        contact_id,
        customer_id,
        title,
        coalesce(known_departed_date > {{ as_of_date() }}, true) as is_active,
        active_from_date,
        case
            when known_departed_date <= {{ as_of_date() }} then known_departed_date
        end as departed_date
    from contacts

)

select * from final
