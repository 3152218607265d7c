-- Beginning + restatement + movements = ending, and the next month begins with that
-- ending: else a reader who walks from month to month arrives somewhere else.
with

reported_rows as (

    select
        month,
        contract_family_id,
        sku,
        beginning_cmrr,
        ending_cmrr,
        beginning_cmrr
        + restatement_cmrr
        {%- for type in movement_types() %}
        + {{ type }}_cmrr
        {%- endfor %} as footed_cmrr
    from {{ ref('rpt_cmrr_bridge_reported') }}

),

last_months as (

    select max(month) as last_month
    from {{ ref('fct_cmrr_bridge') }}

),

edges as (

    select
        reported_rows.month as edge_month,
        reported_rows.contract_family_id,
        reported_rows.sku,
        reported_rows.beginning_cmrr as amount
    from reported_rows

    union all

    select
        cast(reported_rows.month + interval 1 month as date) as edge_month,
        reported_rows.contract_family_id,
        reported_rows.sku,
        -reported_rows.ending_cmrr as amount
    from reported_rows
    inner join last_months
        on reported_rows.month < last_months.last_month

)

select
    month,
    contract_family_id,
    sku,
    ending_cmrr - footed_cmrr as difference
from reported_rows
where footed_cmrr <> ending_cmrr

union all

select
    edge_month as month,
    contract_family_id,
    sku,
    sum(amount) as difference
from edges
group by edge_month, contract_family_id, sku
having sum(amount) <> 0
