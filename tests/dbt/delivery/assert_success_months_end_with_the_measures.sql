-- The last month of success measures, a running sum of changes, is what the measures
-- themselves say today, customer by customer.
with

measures as (

    select
        customer_id,
        count(*) as measures_agreed,
        count(*) filter (where is_measured) as measures_measured,
        count(*) filter (where is_met) as measures_met,
        sum(annual_value) as annual_value
    from {{ ref('fct_success_measures') }}
    group by customer_id

),

last_months as (

    select *
    from {{ ref('fct_success_months') }}
    where month = cast(date_trunc('month', {{ as_of_date() }}) as date)

)

select
    coalesce(measures.customer_id, last_months.customer_id) as customer_id,
    measures.annual_value,
    last_months.annual_value as last_annual_value
from measures
full outer join last_months
    on measures.customer_id = last_months.customer_id
where
    measures.measures_agreed is distinct from last_months.measures_agreed
    or measures.measures_measured is distinct from last_months.measures_measured
    or measures.measures_met is distinct from last_months.measures_met
    or measures.annual_value is distinct from last_months.annual_value
