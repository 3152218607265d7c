-- Every row of the bridge foots, and begins with what the month before ended with. A
-- gap of a month, or an ending carried on wrongly, would leave each single row right
-- and every walk over several months wrong.
with

rows_with_neighbours as (

    select
        month,
        contract_family_id,
        sku,
        beginning_cmrr,
        ending_cmrr,
        beginning_cmrr
        {%- for type in movement_types() %}
        + {{ type }}_cmrr
        {%- endfor %} as footed_cmrr,
        lag(month) over family_sku as earlier_month,
        lag(ending_cmrr) over family_sku as earlier_ending_cmrr,
        lead(month) over family_sku as later_month,
        max(month) over () as last_month
    from {{ ref('fct_cmrr_bridge') }}
    window family_sku as (partition by contract_family_id, sku order by month)

),

expected_rows as (

    select
        month,
        contract_family_id,
        sku,
        beginning_cmrr,
        ending_cmrr,
        footed_cmrr,
        later_month,
        last_month,
        case
            when earlier_month = cast(month - interval 1 month as date)
                then earlier_ending_cmrr
            else 0
        end as expected_beginning_cmrr,
        later_month is null
        or later_month > cast(month + interval 1 month as date) as is_last_before_gap
    from rows_with_neighbours

)

select
    month,
    contract_family_id,
    sku,
    beginning_cmrr,
    expected_beginning_cmrr,
    footed_cmrr,
    ending_cmrr
from expected_rows
where
    footed_cmrr <> ending_cmrr
    or beginning_cmrr <> expected_beginning_cmrr
    or (is_last_before_gap and ending_cmrr <> 0 and month < last_month)
