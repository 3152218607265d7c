-- One row per landed row and the rule that it breaks; exact duplicates are one row.
-- Rows not set aside count elsewhere; a contract may be listed by two rules.
with

judged_rows as (

    {% for source_name, table_name in landed_tables() %}
    select
        '{{ source_name }}' as source_name,
        '{{ table_name }}' as table_name,
        row_key,
        rule,
        row_status,
        loaded_at,
        row_json
    from {{ ref('base_' ~ source_name ~ '__' ~ table_name) }}
    where rule is not null
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

second_renewals as (

    select
        'billing' as source_name,
        'contracts' as table_name,
        contracts.row_key,
        'second_renewal' as rule,
        contracts.row_status,
        contracts.loaded_at,
        contracts.row_json
    from {{ ref('base_billing__contracts') }} as contracts
    inner join {{ ref('int_contract_families') }} as families
        on contracts.contract_id = families.contract_id
    where
        contracts.version_number = 1
        and families.is_second_renewal

),

all_rows as (

    select
        source_name,
        table_name,
        row_key,
        rule,
        row_status,
        loaded_at,
        row_json
    from judged_rows

    union all

    select
        source_name,
        table_name,
        row_key,
        rule,
        row_status,
        loaded_at,
        row_json
    from second_renewals

),

final as (

    select
        source_name,
        table_name,
        row_key,
        rule,
        row_status,
        {{ sets_aside('rule') }} as is_set_aside,
        loaded_at,
        row_json
    from all_rows

)

select * from final
