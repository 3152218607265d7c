-- One row per change of an exchange rate and priced line at whose signature it stood.
-- A version with the same rate as the one before it is no change.
with

rate_versions as (

    select
        currency,
        rate_date,
        rate,
        version_number,
        {{ local_date('loaded_at') }} as known_date
    from {{ ref('base_billing__exchange_rates') }}

),

rate_changes as (

    select
        versions.currency,
        versions.rate_date,
        versions.known_date
    from rate_versions as versions
    left join rate_versions as older_versions
        on
            versions.currency = older_versions.currency
            and versions.rate_date = older_versions.rate_date
            and versions.version_number + 1 = older_versions.version_number
    where versions.rate is distinct from older_versions.rate

),

standing_rates as (

    select
        currency,
        rate_date,
        lead(rate_date)
            over (partition by currency order by rate_date)
            as next_rate_date
    from {{ ref('stg_billing__exchange_rates') }}

),

priced_lines as (

    select
        order_line_id,
        contract_id,
        sku,
        currency,
        signed_date
    from {{ ref('int_recurring_lines_priced') }}

),

final as (

    select
        priced_lines.order_line_id,
        priced_lines.contract_id,
        priced_lines.sku,
        priced_lines.signed_date as spoke_of_date,
        rate_changes.known_date
    from rate_changes
    inner join standing_rates
        on
            rate_changes.currency = standing_rates.currency
            and rate_changes.rate_date = standing_rates.rate_date
    inner join priced_lines
        on
            standing_rates.currency = priced_lines.currency
            and standing_rates.rate_date <= priced_lines.signed_date
            and (
                standing_rates.next_rate_date is null
                or standing_rates.next_rate_date > priced_lines.signed_date
            )

)

select * from final
