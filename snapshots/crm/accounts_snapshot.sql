{% snapshot accounts_snapshot %}
{{
    config(
        schema='snapshots',
        unique_key='account_id',
        strategy='check',
        check_cols=[
            'account_name',
            'parent_account_id',
            'industry',
            'employee_count',
            'country',
            'sales_channel',
            'owner_user_id',
            'csm_user_id',
            'created_at',
            'is_referenceable',
            'is_deleted',
        ],
        updated_at='known_from',
        hard_deletes='invalidate',
        tags=['state']
    )
}}
{%- set is_snapshotted = load_relation(this) is not none %}
-- One row per CRM account and spell in which nothing about it changed.
-- The rebuild of an earlier day finds the rows as they are here, so it changes none.
with

accounts as (

    select
        account_id,
        account_name,
        parent_account_id,
        industry,
        employee_count,
        country,
        sales_channel,
        owner_user_id,
        csm_user_id,
        created_at,
        updated_at,
        is_referenceable,
        is_deleted,
        loaded_at
    from {{ ref('stg_crm__accounts') }}
    where {{ is_newest_day() }}

)
{%- if is_snapshotted %},

snapshotted_rows as (

    select
        account_id,
        account_name,
        parent_account_id,
        industry,
        employee_count,
        country,
        sales_channel,
        owner_user_id,
        csm_user_id,
        created_at,
        updated_at,
        is_referenceable,
        is_deleted,
        loaded_at,
        known_from,
        dbt_valid_to
    from {{ this }}

),

ended_rows as (

    select
        account_id,
        max(dbt_valid_to) as last_valid_to
    from snapshotted_rows
    where dbt_valid_to is not null
    group by account_id

)

-- A row that was gone and came back is valid from its return.
select
    accounts.account_id,
    accounts.account_name,
    accounts.parent_account_id,
    accounts.industry,
    accounts.employee_count,
    accounts.country,
    accounts.sales_channel,
    accounts.owner_user_id,
    accounts.csm_user_id,
    accounts.created_at,
    accounts.updated_at,
    accounts.is_referenceable,
    accounts.is_deleted,
    accounts.loaded_at,
    greatest(
        accounts.updated_at,
        coalesce(ended_rows.last_valid_to, accounts.updated_at)
    ) as known_from
from accounts
left join ended_rows
    on accounts.account_id = ended_rows.account_id

union all

select
    account_id,
    account_name,
    parent_account_id,
    industry,
    employee_count,
    country,
    sales_channel,
    owner_user_id,
    csm_user_id,
    created_at,
    updated_at,
    is_referenceable,
    is_deleted,
    loaded_at,
    known_from
from snapshotted_rows
where dbt_valid_to is null and not {{ is_newest_day() }}
{%- else %}

select
    account_id,
    account_name,
    parent_account_id,
    industry,
    employee_count,
    country,
    sales_channel,
    owner_user_id,
    csm_user_id,
    created_at,
    updated_at,
    is_referenceable,
    is_deleted,
    loaded_at,
    updated_at as known_from
from accounts
{%- endif %}
{% endsnapshot %}
