-- One row per key of billing.exchange_rates whose current version stands.
with

final as (

    select
        rate_date,
        currency,
        rate,
        loaded_at
    from {{ ref('base_billing__exchange_rates') }}
    where row_status = 'current'

)

select * from final
