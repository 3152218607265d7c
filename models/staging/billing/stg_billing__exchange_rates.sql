-- One row per accepted row of billing.exchange_rates: the current version of its key.
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
