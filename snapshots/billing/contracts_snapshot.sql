{% snapshot contracts_snapshot %}
{{
    config(
        schema='snapshots',
        unique_key='contract_id',
        strategy='check',
        check_cols=[
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
            'is_deleted',
            'signed_date',
        ],
        updated_at='known_from',
        hard_deletes='invalidate',
        tags=['state']
    )
}}
{%- set is_snapshotted = load_relation(this) is not none %}
-- One row per contract and spell in which nothing about it changed.
-- The rebuild of an earlier day finds the rows as they are here, so it changes none.
with

contracts as (

    select
        contract_id,
        account_id,
        renewed_from_contract_id,
        signed_at,
        start_date,
        end_date,
        billing_frequency,
        auto_renews,
        non_renewal_reason_code,
        currency,
        created_at,
        updated_at,
        is_deleted,
        signed_date,
        loaded_at
    from {{ ref('stg_billing__contracts') }}
    where {{ is_newest_day() }}

)
{%- if is_snapshotted %},

snapshotted_rows as (

    select
        contract_id,
        account_id,
        renewed_from_contract_id,
        signed_at,
        start_date,
        end_date,
        billing_frequency,
        auto_renews,
        non_renewal_reason_code,
        currency,
        created_at,
        updated_at,
        is_deleted,
        signed_date,
        loaded_at,
        known_from,
        dbt_valid_to
    from {{ this }}

),

ended_rows as (

    select
        contract_id,
        max(dbt_valid_to) as last_valid_to
    from snapshotted_rows
    where dbt_valid_to is not null
    group by contract_id

)

-- A row that was gone and came back is valid from its return.
select
    contracts.contract_id,
    contracts.account_id,
    contracts.renewed_from_contract_id,
    contracts.signed_at,
    contracts.start_date,
    contracts.end_date,
    contracts.billing_frequency,
    contracts.auto_renews,
    contracts.non_renewal_reason_code,
    contracts.currency,
    contracts.created_at,
    contracts.updated_at,
    contracts.is_deleted,
    contracts.signed_date,
    contracts.loaded_at,
    greatest(
        contracts.updated_at,
        coalesce(ended_rows.last_valid_to, contracts.updated_at)
    ) as known_from
from contracts
left join ended_rows
    on contracts.contract_id = ended_rows.contract_id

union all

select
    contract_id,
    account_id,
    renewed_from_contract_id,
    signed_at,
    start_date,
    end_date,
    billing_frequency,
    auto_renews,
    non_renewal_reason_code,
    currency,
    created_at,
    updated_at,
    is_deleted,
    signed_date,
    loaded_at,
    known_from
from snapshotted_rows
where dbt_valid_to is null and not {{ is_newest_day() }}
{%- else %}

select
    contract_id,
    account_id,
    renewed_from_contract_id,
    signed_at,
    start_date,
    end_date,
    billing_frequency,
    auto_renews,
    non_renewal_reason_code,
    currency,
    created_at,
    updated_at,
    is_deleted,
    signed_date,
    loaded_at,
    updated_at as known_from
from contracts
{%- endif %}
{% endsnapshot %}
