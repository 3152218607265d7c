{{
    config(
        materialized='incremental',
        incremental_strategy='redo',
        on_schema_change='fail',
        post_hook='{{ record_build() }}',
        meta={'redo': {'key': ['account_id']}}
    )
}}
-- One row per account, kept from build to build: a hash of all that its measures of
-- adoption are made of beside use, and the build in which it was found to be another.
{#- What is read of each account. A stretch that is still open ends on another day in
    every build, which is no change of what was bought. #}
{%- set inputs = {
    'int_sku_holdings': ('customer_id', [
        'sku',
        'from_date',
        'case when to_date <= ' ~ as_of_date() ~ ' then to_date end',
        'quantity',
        'is_licensed',
    ]),
    'int_line_commitments': ('customer_id', [
        'sku', 'quantity', 'service_start_date', 'service_over_date',
    ]),
    'stg_product_usage__meter_readings': ('account_id', [
        'sku', 'reading_date', 'units_consumed',
    ]),
    'stg_product_usage__licence_events': ('account_id', [
        'sku', 'event_type', 'occurred_at',
    ]),
    'stg_success__onboarding_projects': ('account_id', ['project_id', 'went_live_at']),
} %}

with

first_months as (

    select min(month) as first_month
    from {{ ref('int_months') }}

),

accounts as (

    select account_id
    from {{ ref('stg_crm__accounts') }}

),

input_rows as (

    select
        account_id,
        'account' as input_hash
    from accounts

    union all

    -- The first month stands for all accounts, under *.
    select
        '*' as account_id,
        coalesce(cast(first_month as varchar), '') as input_hash
    from first_months

    {% for model, (account_id, columns) in inputs.items() -%}
    union all

    select
        {{ account_id }} as account_id,
        {{ rows_hash(["'" ~ model ~ "'"] + columns) }} as input_hash
    from {{ ref(model) }}
    group by {{ account_id }}

    {% endfor -%}

),

inputs as (

    select
        account_id,
        {{ rows_hash(['input_hash']) }} as input_hash
    from input_rows
    group by account_id

),

{% if keeps_rows() %}
kept as (

    select
        account_id,
        input_hash
    from {{ this }}

),

final as (

    select
        coalesce(inputs.account_id, kept.account_id) as account_id,
        inputs.input_hash
    from inputs
    full outer join kept on inputs.account_id = kept.account_id
    where coalesce(inputs.input_hash, '') <> coalesce(kept.input_hash, '')

)

{%- else %}
final as (

    select
        account_id,
        input_hash
    from inputs

)

{%- endif %}

select
    account_id,
    input_hash,
    cast({{ next_change_number() }} as bigint) as change_number
from final
