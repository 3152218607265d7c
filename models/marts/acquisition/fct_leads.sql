-- One row per lead that had come in by the as-of date, and what became of it.
with

leads as (

    select
        lead_id,
        lead_source,
        trial_type,
        converted_account_id,
        {{ local_date('created_at') }} as created_date,
        {{ local_date('converted_at') }} as converted_date
    from {{ ref('stg_crm__leads') }}

),

final as (

    select
        lead_id,
        lead_source,
        trial_type,
        case when converted_date <= {{ as_of_date() }} then converted_account_id end
            as customer_id,
        created_date,
        case when converted_date <= {{ as_of_date() }} then converted_date end
            as converted_date,
        case
            when converted_date <= {{ as_of_date() }}
                then cast(converted_date - created_date as integer)
        end as days_to_convert,
        coalesce(converted_date <= {{ as_of_date() }}, false) as is_converted
    from leads
    where created_date <= {{ as_of_date() }}

)

select * from final
