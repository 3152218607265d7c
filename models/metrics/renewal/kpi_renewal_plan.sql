-- One row per period and planned renewal due in it, by the newest revision of the plan
-- that had begun by the period's end. Annual amounts.
with

revisions as (

    select
        contract_id,
        period_start as revised_from_date,
        customer_id,
        segment,
        due_date,
        planned_churn_rate,
        expected_amount,
        add_on_amount
    from {{ ref('fct_renewal_plan_revisions') }}

),

revisions_in_periods as (

    {%- for grain, months in {'month': 1, 'quarter': 3, 'year': 12}.items() %}
    select
        '{{ grain }}' as period_grain,
        {{ fiscal_period_start('due_date', grain) }} as period_start,
        {{ months }} as months_in_period,
        *
    from revisions
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

numbered_revisions as (

    select
        *,
        row_number() over (
            partition by period_grain, contract_id order by revised_from_date desc
        ) as revision_number
    from revisions_in_periods
    where
        revised_from_date
        < cast(period_start + months_in_period * interval 1 month as date)

),

final as (

    select
        period_grain,
        period_start,
        contract_id,
        customer_id,
        segment,
        revised_from_date,
        planned_churn_rate,
        expected_amount,
        add_on_amount
    from numbered_revisions
    where revision_number = 1

)

select * from final
