-- One row per accepted order line of a recurring SKU, priced in both currencies.
-- The rate is the newest on or before the order's signature and stays for life.
with

order_lines as (

    select
        order_line_id,
        order_id,
        sku,
        quantity,
        list_unit_price,
        discount_percent,
        service_start_date,
        service_end_date,
        prior_order_line_id,
        reduced_order_line_id,
        change_reason_code,
        change_comment
    from {{ ref('stg_billing__order_lines') }}

),

orders as (

    select
        order_id,
        contract_id,
        order_type,
        signed_date
    from {{ ref('stg_billing__orders') }}

),

products as (

    select
        sku,
        is_archive
    from {{ ref('stg_billing__products') }}
    where charge_type = 'recurring'

),

contracts as (

    select
        contract_id,
        contract_family_id,
        customer_id,
        renewed_from_contract_id,
        currency
    from {{ ref('int_contract_families') }}

),

rate_spells as (

    select
        currency,
        exchange_rate,
        from_date,
        to_date
    from {{ ref('int_exchange_rate_spells') }}

),

signings as (

    select
        contracts.currency,
        orders.signed_date
    from orders
    inner join contracts
        on orders.contract_id = contracts.contract_id
    group by contracts.currency, orders.signed_date

),

signing_rates as (

    select
        signings.currency,
        signings.signed_date,
        rate_spells.exchange_rate
    from signings
    left join rate_spells
        on
            signings.currency = rate_spells.currency
            and signings.signed_date >= rate_spells.from_date
            and signings.signed_date < rate_spells.to_date

),

lines_with_annual_amount as (

    select
        order_lines.order_line_id,
        order_lines.order_id,
        contracts.contract_id,
        contracts.contract_family_id,
        contracts.customer_id,
        order_lines.sku,
        contracts.currency,
        signing_rates.exchange_rate,
        order_lines.quantity,
        order_lines.list_unit_price,
        order_lines.discount_percent,
        order_lines.prior_order_line_id,
        order_lines.reduced_order_line_id,
        order_lines.change_reason_code,
        order_lines.change_comment,
        products.is_archive,
        orders.signed_date,
        order_lines.service_start_date,
        order_lines.service_end_date,
        case
            when
                orders.order_type = 'new'
                and contracts.renewed_from_contract_id is not null
                then 'renewal'
            else orders.order_type
        end as order_type,
        {{ round_money(
            "cast(order_lines.quantity as decimal(38, 4))"
            ~ " * order_lines.list_unit_price"
            ~ " * (100 - order_lines.discount_percent)"
            ~ " * cast(0.01 as decimal(3, 2))"
        ) }} as annual_amount
    from order_lines
    inner join products
        on order_lines.sku = products.sku
    inner join orders
        on order_lines.order_id = orders.order_id
    inner join contracts
        on orders.contract_id = contracts.contract_id
    inner join signing_rates
        on
            contracts.currency = signing_rates.currency
            and orders.signed_date = signing_rates.signed_date

),

lines_with_mrr as (

    select
        *,
        cast({{ divide_money('annual_amount', 1, 12) }} as decimal(18, 2))
            as contract_mrr
    from lines_with_annual_amount

),

final as (

    select
        order_line_id,
        order_id,
        contract_id,
        contract_family_id,
        customer_id,
        sku,
        order_type,
        currency,
        prior_order_line_id,
        reduced_order_line_id,
        change_reason_code,
        change_comment,
        exchange_rate,
        quantity,
        list_unit_price,
        discount_percent,
        annual_amount,
        contract_mrr,
        {{ round_money(
            "cast(contract_mrr as decimal(38, 2)) * exchange_rate"
        ) }} as reporting_mrr,
        is_archive,
        signed_date,
        service_start_date,
        service_end_date
    from lines_with_mrr

)

select * from final
