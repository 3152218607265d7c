{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook='{{ record_build() }}',
        meta={'redo': {'key': ['parent_key']}}
    )
}}
-- One row per account and end user that events may belong to, kept from build to build:
-- what became of it, and in which build that was found to be another than before.
with

accounts as (

    select
        account_id,
        row_status
    from {{ ref('base_crm__accounts') }}
    where version_number = 1 and account_id is not null

),

end_users as (

    select
        end_user_id,
        row_status
    from {{ ref('base_product_usage__end_users') }}
    where version_number = 1 and end_user_id is not null

),

parents as (

    select
        'account|' || account_id as parent_key,
        account_id,
        cast(null as varchar) as end_user_id,
        row_status
    from accounts

    union all

    select
        'end_user|' || end_user_id as parent_key,
        cast(null as varchar) as account_id,
        end_user_id,
        row_status
    from end_users

),

{% if keeps_rows() %}
kept as (

    select
        parent_key,
        account_id,
        end_user_id,
        row_status
    from {{ this }}

),

final as (

    select
        coalesce(parents.parent_key, kept.parent_key) as parent_key,
        coalesce(parents.account_id, kept.account_id) as account_id,
        coalesce(parents.end_user_id, kept.end_user_id) as end_user_id,
        parents.row_status
    from parents
    full outer join kept on parents.parent_key = kept.parent_key
    where coalesce(parents.row_status, '') <> coalesce(kept.row_status, '')

)

{%- else %}
final as (

    select
        parent_key,
        account_id,
        end_user_id,
        row_status
    from parents

)

{%- endif %}

select
    parent_key,
    account_id,
    end_user_id,
    row_status,
    cast({{ next_change_number() }} as bigint) as change_number
from final
