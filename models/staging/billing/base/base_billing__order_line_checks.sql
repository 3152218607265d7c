-- One row per distinct row of billing.order_lines landed by the as-of date, judged by
-- every rule that needs no other line; reductions are matched with their lines next.
{%- set columns = [
    'order_line_id',
    'order_id',
    'sku',
    'quantity',
    'list_unit_price',
    'discount_percent',
    'service_start_date',
    'service_end_date',
    'prior_order_line_id',
    'change_reason_code',
    'change_comment',
    'updated_at',
    'is_deleted',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['order_line_id'], columns) }} as row_key
    from {{ source('billing', 'order_lines') }}
    where {{ is_known('loaded_at') }}
    group by
        {{ columns | join(',\n        ') }}

),

numbered as (

    select
        *,
        {{ version_number(['updated_at', 'loaded_at'], columns) }} as version_number
    from landed

),

versions as (

    {{ without_deleted_people('numbered', columns, ['change_comment']) }}

),

contracts as (

    select
        contract_id,
        currency
    from {{ ref('base_billing__contracts') }}
    where version_number = 1

),

signed_orders as (

    select
        orders.order_id,
        orders.contract_id,
        orders.order_type,
        orders.row_status,
        contracts.currency,
        {{ local_date('orders.signed_at') }} as signed_date
    from {{ ref('base_billing__orders') }} as orders
    left join contracts on orders.contract_id = contracts.contract_id
    where orders.version_number = 1

),

products as (

    select
        sku,
        row_status
    from {{ ref('base_billing__products') }}
    where version_number = 1

),

first_rates as (

    select
        currency,
        min(rate_date) as first_rate_date
    from {{ ref('base_billing__exchange_rates') }}
    where row_status = 'current'
    group by currency

),

checked as (

    select
        versions.*,
        signed_orders.contract_id,
        signed_orders.order_type,
        signed_orders.signed_date,
        case
            when versions.version_number > 1 then null
            when versions.order_line_id is null then 'null_key'
            when versions.is_deleted then null
            when {{ any_null([
                'versions.order_id',
                'versions.sku',
                'versions.quantity',
                'versions.list_unit_price',
                'versions.discount_percent',
                'versions.service_start_date',
                'versions.service_end_date',
                'versions.updated_at',
                'versions.is_deleted',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when signed_orders.order_id is null then 'unknown_parent'
            when signed_orders.row_status <> 'current' then 'parent_set_aside'
            when products.sku is null then 'unknown_parent'
            when products.row_status <> 'current' then 'parent_set_aside'
            when versions.service_end_date < versions.service_start_date
                then 'end_before_start'
            when versions.discount_percent not between 0 and 100 then 'value_off_scale'
            when versions.list_unit_price < 0 then 'value_off_scale'
            when signed_orders.order_type = 'reduction' and versions.quantity >= 0
                then 'quantity_sign'
            when signed_orders.order_type <> 'reduction' and versions.quantity < 0
                then 'quantity_sign'
            when
                signed_orders.currency <> '{{ var("reporting_currency") }}'
                and (
                    first_rates.first_rate_date is null
                    or first_rates.first_rate_date > signed_orders.signed_date
                )
                then 'no_exchange_rate'
            when
                signed_orders.order_type <> 'reduction'
                and versions.prior_order_line_id is not null
                and prior_lines.order_line_id is null
                then 'unknown_reference'
        end as rule
    from versions
    left join signed_orders on versions.order_id = signed_orders.order_id
    left join products on versions.sku = products.sku
    left join first_rates on signed_orders.currency = first_rates.currency
    left join versions as prior_lines
        on
            versions.prior_order_line_id = prior_lines.order_line_id
            and prior_lines.version_number = 1

),

final as (

    select
        {{ columns | join(',\n        ') }},
        contract_id,
        order_type,
        signed_date,
        copies,
        version_number,
        {{ row_status('is_deleted') }} as row_status,
        rule,
        row_key
    from checked

)

select * from final
