-- One row per distinct row of billing.invoice_lines landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'invoice_line_id',
    'invoice_id',
    'order_line_id',
    'sku',
    'line_type',
    'service_start_date',
    'service_end_date',
    'amount',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['invoice_line_id'], columns) }} as row_key
    from {{ source('billing', 'invoice_lines') }}
    where {{ is_known('loaded_at') }}
    group by
        {{ columns | join(',\n        ') }}

),

versions as (

    select
        *,
        {{ version_number(['loaded_at'], columns) }} as version_number
    from landed

),

invoices as (

    select
        invoice_id,
        row_status
    from {{ ref('base_billing__invoices') }}
    where version_number = 1

),

order_lines as (

    select order_line_id
    from {{ ref('base_billing__order_lines') }}
    where version_number = 1

),

products as (

    select sku
    from {{ ref('base_billing__products') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.invoice_line_id is null then 'null_key'
            when {{ any_null([
                'versions.invoice_id',
                'versions.line_type',
                'versions.amount',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when invoices.invoice_id is null then 'unknown_parent'
            when invoices.row_status <> 'current' then 'parent_set_aside'
            when versions.service_end_date < versions.service_start_date
                then 'end_before_start'
            when versions.line_type not in (
                    'recurring',
                    'usage',
                    'overage',
                    'one_time',
                    'credit',
                    'tax'
                )
                then 'unknown_value'
            when
                versions.order_line_id is not null
                and order_lines.order_line_id is null
                then 'unknown_reference'
            when
                versions.sku is not null
                and products.sku is null
                then 'unknown_reference'
        end as rule
    from versions
    left join invoices on versions.invoice_id = invoices.invoice_id
    left join order_lines on versions.order_line_id = order_lines.order_line_id
    left join products on versions.sku = products.sku

),

final as (

    select
        {{ columns | join(',\n        ') }},
        copies,
        version_number,
        {{ row_status() }} as row_status,
        rule,
        row_key,
        case when rule is not null then {{ row_json(columns) }} end as row_json
    from checked

)

select * from final
