-- One row per distinct row of crm.opportunities landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'opportunity_id',
    'account_id',
    'opportunity_type',
    'stage',
    'amount',
    'currency',
    'lead_source',
    'is_trial_conversion',
    'created_at',
    'close_date',
    'is_closed',
    'is_won',
    'owner_user_id',
    'updated_at',
    'is_deleted',
    'loaded_at',
] %}

with

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['opportunity_id'], columns) }} as row_key
    from {{ source('crm', 'opportunities') }}
    where {{ is_known('loaded_at') }}
    group by
        {{ columns | join(',\n        ') }}

),

versions as (

    select
        *,
        {{ version_number(['updated_at', 'loaded_at'], columns) }} as version_number
    from landed

),

accounts as (

    select
        account_id,
        row_status
    from {{ ref('base_crm__accounts') }}
    where version_number = 1

),

users as (

    select user_id
    from {{ ref('base_crm__users') }}
    where version_number = 1

),

known_currencies as (

    select currency
    from {{ ref('base_billing__exchange_rates') }}
    where row_status = 'current'
    group by currency

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.opportunity_id is null then 'null_key'
            when versions.is_deleted then null
            when {{ any_null([
                'versions.account_id',
                'versions.opportunity_type',
                'versions.stage',
                'versions.currency',
                'versions.is_trial_conversion',
                'versions.created_at',
                'versions.is_closed',
                'versions.is_won',
                'versions.updated_at',
                'versions.is_deleted',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when accounts.account_id is null then 'unknown_parent'
            when accounts.row_status <> 'current' then 'parent_set_aside'
            when
                versions.currency <> '{{ var("reporting_currency") }}'
                and known_currencies.currency is null
                then 'unknown_currency'
            when
                versions.owner_user_id is not null
                and owners.user_id is null
                then 'unknown_reference'
        end as rule
    from versions
    left join accounts on versions.account_id = accounts.account_id
    left join users as owners on versions.owner_user_id = owners.user_id
    left join known_currencies
        on versions.currency = known_currencies.currency

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
