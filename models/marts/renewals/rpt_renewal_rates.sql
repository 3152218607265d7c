-- One row per period (month, fiscal quarter, fiscal year) with renewals due or carried
-- into it. The three grains overlap: choose one. Nothing expected is left out.
with

renewals as (

    select
        due_month,
        due_quarter_start,
        due_year_start,
        outcome,
        is_resolved,
        is_on_time,
        resolved_date,
        expected_cmrr,
        least(retained_cmrr, expected_cmrr) as retained_cmrr
    from {{ ref('fct_renewals') }}
    where expected_cmrr > 0

),

carried_over as (

    select
        period_start,
        count(*) as carried_over_renewals,
        sum(expected_cmrr) as carried_over_cmrr
    from {{ ref('fct_expected_cmrr_locks') }}
    where is_carried_over and expected_cmrr > 0 and locked_on <= {{ as_of_date() }}
    group by period_start

),

fiscal_months as (

    select
        month,
        month_end_date,
        fiscal_quarter_start,
        fiscal_year_start
    from {{ ref('dim_fiscal_months') }}
    where month <= {{ as_of_date() }}

),

periods as (

    {%- for grain, start, months in [
        ('month', 'month', 1),
        ('quarter', 'fiscal_quarter_start', 3),
        ('year', 'fiscal_year_start', 12),
    ] %}
    select
        '{{ grain }}' as period_grain,
        {{ start }} as period_start,
        {{ add_days(
            'cast(' ~ start ~ ' + interval ' ~ months ~ ' month as date)', -1
        ) }} as period_end
    from fiscal_months
    group by {{ start }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

renewals_in_periods as (

    select
        periods.period_grain,
        periods.period_start,
        renewals.outcome,
        renewals.is_resolved,
        renewals.is_on_time,
        coalesce(renewals.resolved_date <= periods.period_end, false)
            as is_resolved_in_period,
        coalesce(renewals.resolved_date < periods.period_start, false) as is_early,
        renewals.outcome in ('renewed_up', 'renewed_flat', 'renewed_down')
            as is_renewed,
        renewals.outcome = 'archived' as is_archived,
        renewals.expected_cmrr,
        renewals.retained_cmrr
    from periods
    inner join renewals
        on
            periods.period_start
            = case periods.period_grain
                when 'month' then renewals.due_month
                when 'quarter' then renewals.due_quarter_start
                else renewals.due_year_start
            end

),

sums as (

    select
        period_grain,
        period_start,
        count(*) as due_renewals,
        count(*) filter (where is_resolved) as resolved_renewals,
        count(*) filter (where is_renewed) as renewed_renewals,
        count(*) filter (where is_archived) as archived_renewals,
        count(*) filter (where is_renewed and is_resolved_in_period)
            as renewed_in_period_renewals,
        count(*) filter (where is_archived and is_resolved_in_period)
            as archived_in_period_renewals,
        count(*) filter (where is_renewed and is_on_time) as on_time_renewals,
        count(*) filter (where is_renewed and is_early) as early_renewals,
        sum(expected_cmrr) as due_cmrr,
        coalesce(sum(expected_cmrr) filter (where is_resolved), 0) as resolved_cmrr,
        coalesce(sum(expected_cmrr) filter (where is_archived), 0) as archived_cmrr,
        coalesce(sum(expected_cmrr) filter (where is_renewed and is_early), 0)
            as early_cmrr,
        sum(retained_cmrr) as retained_cmrr,
        coalesce(sum(retained_cmrr) filter (where is_resolved_in_period), 0)
            as retained_in_period_cmrr
    from renewals_in_periods
    group by period_grain, period_start

),

final as (

    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        {%- for count in [
            'due', 'resolved', 'renewed', 'archived', 'renewed_in_period',
            'archived_in_period', 'on_time', 'early',
        ] %}
        cast(coalesce(sums.{{ count }}_renewals, 0) as integer)
            as {{ count }}_renewals,
        {%- endfor %}
        cast(coalesce(carried_over.carried_over_renewals, 0) as integer)
            as carried_over_renewals,
        {%- for amount in [
            'due', 'resolved', 'archived', 'early', 'retained', 'retained_in_period',
        ] %}
        cast(coalesce(sums.{{ amount }}_cmrr, 0) as decimal(18, 2))
            as {{ amount }}_cmrr,
        {%- endfor %}
        cast(coalesce(carried_over.carried_over_cmrr, 0) as decimal(18, 2))
            as carried_over_cmrr,
        {{ ratio('sums.retained_in_period_cmrr', 'sums.due_cmrr') }}
            as in_period_renewal_rate,
        {{ ratio('sums.retained_cmrr', 'sums.resolved_cmrr') }} as final_renewal_rate,
        {{ ratio('sums.resolved_cmrr', 'sums.due_cmrr') }} as resolution_rate,
        {{ ratio('sums.renewed_in_period_renewals', 'sums.due_renewals') }}
            as in_period_renewal_rate_by_count,
        {{ ratio('sums.archived_in_period_renewals', 'sums.due_renewals') }}
            as in_period_archive_rate_by_count,
        {{ ratio('sums.renewed_renewals', 'sums.resolved_renewals') }}
            as final_renewal_rate_by_count,
        {{ ratio('sums.archived_renewals', 'sums.resolved_renewals') }}
            as final_archive_rate_by_count,
        {{ ratio('sums.resolved_renewals', 'sums.due_renewals') }}
            as resolution_rate_by_count,
        {{ ratio('sums.on_time_renewals', 'sums.renewed_renewals') }}
            as on_time_renewal_rate
    from periods
    left join sums
        on
            periods.period_grain = sums.period_grain
            and periods.period_start = sums.period_start
    left join carried_over
        on periods.period_start = carried_over.period_start
    where
        sums.due_renewals is not null or carried_over.carried_over_renewals is not null

)

select * from final
