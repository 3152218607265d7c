-- One row per distinct row of billing.contracts landed by the as-of date.
-- The key's current version alone is judged; superseded rows have no rule.
{%- set columns = [
    'contract_id',
    'account_id',
    'renewed_from_contract_id',
    'signed_at',
    'start_date',
    'end_date',
    'billing_frequency',
    'auto_renews',
    'non_renewal_reason_code',
    'currency',
    'created_at',
    'updated_at',
    'is_deleted',
    'loaded_at',
] %}

with recursive

landed as (

    select
        {{ columns | join(',\n        ') }},
        cast(count(*) as integer) as copies,
        {{ row_key(['contract_id'], columns) }} as row_key
    from {{ source('billing', 'contracts') }}
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

-- What no first contract leads to comes back to itself. Voided terms are links too.
chained_contracts as (

    select versions.contract_id
    from versions
    left join versions as predecessors
        on
            versions.renewed_from_contract_id = predecessors.contract_id
            and predecessors.version_number = 1
    where
        versions.version_number = 1
        and predecessors.contract_id is null

    union all

    select versions.contract_id
    from chained_contracts
    inner join versions
        on
            chained_contracts.contract_id = versions.renewed_from_contract_id
            and versions.version_number = 1

),

accounts as (

    select
        account_id,
        row_status
    from {{ ref('base_crm__accounts') }}
    where version_number = 1

),

checked as (

    select
        versions.*,
        case
            when versions.version_number > 1 then null
            when versions.contract_id is null then 'null_key'
            when versions.is_deleted then null
            when {{ any_null([
                'versions.account_id',
                'versions.signed_at',
                'versions.start_date',
                'versions.end_date',
                'versions.billing_frequency',
                'versions.auto_renews',
                'versions.currency',
                'versions.created_at',
                'versions.updated_at',
                'versions.is_deleted',
                'versions.loaded_at',
            ]) }}
                then 'missing_value'
            when versions.end_date < versions.start_date then 'end_before_start'
            when chained_contracts.contract_id is null then 'renewal_cycle'
            when
                accounts.row_status is null
                or accounts.row_status <> 'current'
                then 'unknown_account'
            when
                versions.renewed_from_contract_id is not null
                and predecessors.contract_id is null
                then 'unknown_predecessor'
        end as rule
    from versions
    left join accounts on versions.account_id = accounts.account_id
    left join versions as predecessors
        on
            versions.renewed_from_contract_id = predecessors.contract_id
            and predecessors.version_number = 1
    left join chained_contracts
        on versions.contract_id = chained_contracts.contract_id

),

final as (

    select
        {{ columns | join(',\n        ') }},
        copies,
        version_number,
        {{ row_status('is_deleted') }} as row_status,
        rule,
        row_key,
        case
            -- A second renewal of one contract is found, and listed, further on.
            when rule is not null or renewed_from_contract_id is not null
                then {{ row_json(columns) }}
        end as row_json
    from checked

)

select * from final
