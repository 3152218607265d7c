-- One row per month and customer that has agreed success measures: their state at its
-- end. The running month stands at the as-of date. Nothing here may be summed over
-- months.
{%- set levels = ['agreed', 'measured', 'met', 'priced', 'annual_value'] %}

with

changes as (

    select
        customer_id,
        {%- for level in levels %}
        {{ level }}_change,
        {%- endfor %}
        month
    from {{ ref('int_success_changes_by_month') }}

),

months as (

    select month
    from {{ ref('int_delivery_months') }}

),

mrr as (

    select
        month,
        customer_id,
        cast(sum(cmrr) as decimal(18, 2)) as cmrr,
        cast(sum(recognised_mrr) as decimal(18, 2)) as recognised_mrr
    from {{ ref('fct_cmrr_months') }}
    group by month, customer_id

),

customer_levels as (

    select
        customer_id,
        {%- for level in levels %}
        sum({{ level }}_change) over (
            partition by customer_id
            order by month
            rows between unbounded preceding and current row
        ) as {{ level }},
        {%- endfor %}
        month as from_month,
        lead(month) over (partition by customer_id order by month) as to_month
    from changes

),

final as (

    select
        months.month,
        customer_levels.customer_id,
        cast(customer_levels.agreed as integer) as measures_agreed,
        cast(customer_levels.measured as integer) as measures_measured,
        cast(customer_levels.met as integer) as measures_met,
        {{ ratio('customer_levels.met', 'customer_levels.agreed') }}
            as measures_met_share,
        case
            when customer_levels.priced > 0
                then cast(customer_levels.annual_value as decimal(18, 2))
        end as annual_value,
        coalesce(mrr.recognised_mrr, 0) as recognised_mrr,
        {{ ratio(
            'case when customer_levels.priced > 0 then customer_levels.annual_value end',
            '12 * mrr.recognised_mrr'
        ) }} as customer_roi,
        coalesce(mrr.cmrr > 0, false) as is_active
    from customer_levels
    inner join months
        on
            customer_levels.from_month <= months.month
            and coalesce(customer_levels.to_month, cast('9999-12-31' as date))
            > months.month
    left join mrr
        on
            months.month = mrr.month
            and customer_levels.customer_id = mrr.customer_id

)

select * from final
