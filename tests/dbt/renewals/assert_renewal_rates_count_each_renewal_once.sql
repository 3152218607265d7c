-- Resolved and unresolved make what is due, and every renewal with something expected
-- stands in exactly one period of each grain that has begun, carried over or not.
with

renewals as (

    select
        due_month,
        due_quarter_start,
        due_year_start,
        is_resolved,
        expected_cmrr
    from {{ ref('fct_renewals') }}
    where expected_cmrr > 0

),

expected_sums as (

    {%- for grain, column in [
        ('month', 'due_month'),
        ('quarter', 'due_quarter_start'),
        ('year', 'due_year_start'),
    ] %}
    select
        '{{ grain }}' as period_grain,
        {{ column }} as period_start,
        count(*) as due_renewals,
        sum(expected_cmrr) as due_cmrr,
        sum(case when is_resolved then 0 else expected_cmrr end) as unresolved_cmrr
    from renewals
    where {{ column }} <= {{ as_of_date() }}
    group by {{ column }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

rates as (

    select *
    from {{ ref('rpt_renewal_rates') }}

)

select
    expected_sums.period_grain,
    expected_sums.period_start,
    expected_sums.due_cmrr,
    rates.due_cmrr as rates_due_cmrr
from expected_sums
left join rates
    on
        expected_sums.period_grain = rates.period_grain
        and expected_sums.period_start = rates.period_start
where
    rates.due_cmrr is null
    or rates.due_cmrr <> expected_sums.due_cmrr
    or rates.due_renewals <> expected_sums.due_renewals
    or rates.resolved_cmrr + expected_sums.unresolved_cmrr <> rates.due_cmrr
    or rates.retained_in_period_cmrr > rates.retained_cmrr
    or rates.retained_cmrr > rates.resolved_cmrr
