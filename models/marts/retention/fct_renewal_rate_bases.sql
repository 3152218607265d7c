-- One row per period with renewals due and convention: what a renewal rate divides.
-- Renewals with nothing expected are left out, as in rpt_renewal_rates.
with

renewals as (

    select
        contract_id,
        resolved_date,
        is_resolved,
        outcome in ('renewed_up', 'renewed_flat', 'renewed_down') as is_renewed,
        expected_cmrr,
        least(retained_cmrr, expected_cmrr) as retained_cmrr,
        renewed_cmrr
    from {{ ref('fct_renewals') }}
    where expected_cmrr > 0

),

period_attributes as (

    select
        period_grain,
        period_start,
        contract_id,
        customer_id,
        group_customer_id,
        {{ add_days(
            "cast(period_start + case period_grain when 'month' then 1"
            ~ " when 'quarter' then 3 else 12 end * interval 1 month as date)",
            -1
        ) }} as period_end
    from {{ ref('fct_renewal_period_attributes') }}
    where period_start <= {{ as_of_date() }}

),

due_renewals as (

    select
        period_attributes.period_grain,
        period_attributes.period_start,
        period_attributes.customer_id,
        period_attributes.group_customer_id,
        renewals.is_resolved,
        renewals.is_renewed,
        coalesce(renewals.resolved_date <= period_attributes.period_end, false)
            as is_in_time,
        renewals.expected_cmrr,
        renewals.retained_cmrr,
        renewals.renewed_cmrr
    from period_attributes
    inner join renewals
        on period_attributes.contract_id = renewals.contract_id

),

{%- set conventions = {
    'ours': (
        'sum(case when is_in_time then retained_cmrr else 0 end)',
        'sum(expected_cmrr)',
    ),
    'whenever_signed': (
        'sum(retained_cmrr)', 'sum(case when is_resolved then expected_cmrr else 0 end)'
    ),
    'after_grace': ('sum(retained_cmrr)', 'sum(expected_cmrr)'),
    'with_growth': (
        'sum(case when is_in_time then renewed_cmrr else 0 end)',
        'sum(expected_cmrr)',
    ),
    'per_contract': (
        'sum(case when is_in_time and is_renewed then 1 else 0 end)',
        'count(*)',
    ),
    'per_customer': (
        'count(distinct case when is_in_time and is_renewed then customer_id end)',
        'count(distinct customer_id)',
    ),
    'per_parent': (
        'count(distinct case when is_in_time and is_renewed '
        ~ 'then group_customer_id end)',
        'count(distinct group_customer_id)',
    ),
} %}

bases as (

    {%- for convention, parts in conventions.items() %}
    select
        period_grain,
        period_start,
        '{{ convention }}' as convention,
        {{ parts[0] }} as numerator,
        {{ parts[1] }} as denominator
    from due_renewals
    group by period_grain, period_start
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

final as (

    select
        period_grain,
        period_start,
        convention,
        cast(numerator as decimal(18, 2)) as numerator,
        cast(denominator as decimal(18, 2)) as denominator
    from bases

)

select * from final
