-- One row per month, contract family and SKU with a beginning, an ending or a movement.
-- beginning + nine movement columns = ending; the running month ends at the as-of date.
with

movements_by_month as (

    select
        cast(date_trunc('month', movement_date) as date) as month,
        contract_family_id,
        sku,
        max(customer_id) as customer_id,
        cast(sum(amount) as decimal(18, 2)) as change_amount,
    {%- for type in movement_types() %}
    cast(
        coalesce(sum(amount) filter (where movement_type = '{{ type }}'), 0)
        as decimal(18, 2)
    ) as {{ type }}_cmrr {%- if not loop.last %},{% endif %}
    {%- endfor %}
    from {{ ref('fct_cmrr_movements') }}
    group by month, contract_family_id, sku

),

months as (

    select month
    from {{ ref('int_months') }}

),

spans as (

    select
        *,
        cast(
            sum(change_amount) over (
                partition by contract_family_id, sku
                order by month
                rows between unbounded preceding and current row
            ) as decimal(18, 2)
        ) as ending_cmrr,
        lead(month)
            over (partition by contract_family_id, sku order by month)
            as next_month
    from movements_by_month

),

final as (

    select
        months.month,
        spans.customer_id,
        spans.contract_family_id,
        spans.sku,
        cast(
            case
                when months.month = spans.month
                    then spans.ending_cmrr - spans.change_amount
                else spans.ending_cmrr
            end as decimal(18, 2)
        ) as beginning_cmrr,
        {%- for type in movement_types() %}
        cast(
            case when months.month = spans.month then spans.{{ type }}_cmrr else 0 end
            as decimal(18, 2)
        ) as {{ type }}_cmrr,
        {%- endfor %}
        cast(spans.ending_cmrr as decimal(18, 2)) as ending_cmrr
    from spans
    inner join months
        on
            spans.month <= months.month
            and coalesce(spans.next_month, cast('9999-12-31' as date)) > months.month
    where months.month = spans.month or spans.ending_cmrr <> 0

)

select * from final
