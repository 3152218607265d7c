-- One row per currency and spell of days with one exchange rate, half open.
-- The reporting currency has one spell, at rate 1; before a first rate there is none.
with

exchange_rates as (

    select
        currency,
        rate_date,
        rate,
        row_number() over (partition by currency order by rate_date) as rate_number,
        lead(rate_date)
            over (partition by currency order by rate_date)
            as next_rate_date
    from {{ ref('stg_billing__exchange_rates') }}
    where currency <> '{{ var("reporting_currency") }}'

),

final as (

    select
        currency,
        rate as exchange_rate,
        rate_number = 1 as is_first,
        rate_date as from_date,
        coalesce(next_rate_date, cast('9999-12-31' as date)) as to_date
    from exchange_rates

    union all

    select
        '{{ var("reporting_currency") }}' as currency,
        cast(1 as decimal(18, 8)) as exchange_rate,
        true as is_first,
        cast('0001-01-01' as date) as from_date,
        cast('9999-12-31' as date) as to_date

)

select * from final
