-- One row per renewal and grain: the customer's attributes at the end of the day before
-- the period that the renewal is due in; of a period to come, today's.
{%- set columns = customer_dimensions().values() | list %}

with

renewals as (

    select
        contract_id,
        customer_id,
        due_month,
        due_quarter_start,
        due_year_start
    from {{ ref('fct_renewals') }}

),

customer_history as (

    select
        customer_id,
        {{ columns | join(',\n        ') }},
        valid_from_date,
        valid_to_date,
        min(valid_from_date) over (partition by customer_id) as first_valid_from_date
    from {{ ref('dim_customer_history') }}

),

renewals_in_periods as (

    {%- for grain, start in {
        'month': 'due_month',
        'quarter': 'due_quarter_start',
        'year': 'due_year_start',
    }.items() %}
    select
        '{{ grain }}' as period_grain,
        {{ start }} as period_start,
        contract_id,
        customer_id,
        {{ add_days(start, -1) }} as day_before
    from renewals
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

final as (

    select
        renewals.period_grain,
        renewals.period_start,
        renewals.contract_id,
        {%- for column in columns %}
        customer_history.{{ column }},
        {%- endfor %}
        renewals.customer_id
    from renewals_in_periods as renewals
    inner join customer_history
        on
            renewals.customer_id = customer_history.customer_id
            and greatest(renewals.day_before, customer_history.first_valid_from_date)
            >= customer_history.valid_from_date
            and (
                greatest(
                    renewals.day_before, customer_history.first_valid_from_date
                )
                < customer_history.valid_to_date
                or customer_history.valid_to_date is null
            )

)

select * from final
