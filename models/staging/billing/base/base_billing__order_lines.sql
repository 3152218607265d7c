-- One row per distinct row of billing.order_lines landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
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

checks as (

    select
        {{ columns | join(',\n        ') }},
        copies,
        version_number,
        rule as own_rule,
        row_key
    from {{ ref('base_billing__order_line_checks') }}

),

reductions as (

    select
        order_line_id,
        reduced_order_line_id,
        rule
    from {{ ref('base_billing__order_line_reductions') }}

),

checked as (

    select
        checks.*,
        reductions.reduced_order_line_id,
        coalesce(checks.own_rule, reductions.rule) as rule
    from checks
    left join reductions
        on
            checks.order_line_id = reductions.order_line_id
            and checks.version_number = 1

),

final as (

    select
        {{ columns | join(',\n        ') }},
        reduced_order_line_id,
        copies,
        version_number,
        {{ row_status('is_deleted') }} as row_status,
        rule,
        row_key,
        case when rule is not null then {{ row_json(columns) }} end as row_json
    from checked

)

select * from final
