-- One row per distinct row of billing.cancellations landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'cancellation_id',
    'contract_id',
    'sku',
    'notified_at',
    'effective_date',
    'reason_code',
    'comment',
    'updated_at',
    'is_deleted',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['cancellation_id'], columns) }} as row_key
    from {{ source('billing', 'cancellations') }}
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

    {{ without_deleted_people('numbered', columns, ['comment']) }}

),

contracts as (

    select
        contract_id,
        row_status
    from {{ ref('base_billing__contracts') }}
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
            when versions.cancellation_id is null then 'null_key'
            when versions.is_deleted then null
            when {{ any_null([
                'versions.contract_id',
                'versions.notified_at',
                'versions.effective_date',
                'versions.updated_at',
                'versions.is_deleted',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when contracts.contract_id is null then 'unknown_parent'
            when contracts.row_status <> 'current' then 'parent_set_aside'
            when
                versions.sku is not null
                and products.sku is null
                then 'unknown_reference'
        end as rule
    from versions
    left join contracts on versions.contract_id = contracts.contract_id
    left join products on versions.sku = products.sku

),

final as (

    select
        {{ columns | join(',\n        ') }},
        copies,
        version_number,
        {{ row_status('is_deleted') }} as row_status,
        rule,
        row_key,
        case when rule is not null then {{ row_json(columns) }} end as row_json
    from checked

)

select * from final
