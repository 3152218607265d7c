-- One row per month, contract family and SKU with any amount: levels at month end.
-- Levels must not be summed over months; the running month stands at the as-of date.
with

commitments as (

    select
        customer_id,
        contract_family_id,
        sku,
        reporting_mrr,
        commit_start_date,
        commit_end_date,
        service_start_date,
        greatest(service_over_date, service_start_date) as service_over_date
    from {{ ref('int_line_commitments') }}
    where reporting_mrr <> 0

),

months as (

    select
        month,
        report_date
    from {{ ref('int_months') }}

),

spells as (

    select
        customer_id,
        contract_family_id,
        sku,
        reporting_mrr,
        'cmrr' as measure,
        commit_start_date as from_date,
        commit_end_date as to_date
    from commitments

    union all

    select
        customer_id,
        contract_family_id,
        sku,
        reporting_mrr,
        'recognised_mrr' as measure,
        service_start_date as from_date,
        service_over_date as to_date
    from commitments

    union all

    select
        customer_id,
        contract_family_id,
        sku,
        reporting_mrr,
        'booked_not_live' as measure,
        commit_start_date as from_date,
        least(commit_end_date, service_start_date) as to_date
    from commitments

    union all

    select
        customer_id,
        contract_family_id,
        sku,
        reporting_mrr,
        'held_over' as measure,
        greatest(commit_start_date, service_over_date) as from_date,
        commit_end_date as to_date
    from commitments

    union all

    select
        customer_id,
        contract_family_id,
        sku,
        reporting_mrr,
        'notice_not_effective' as measure,
        greatest(service_start_date, commit_start_date, commit_end_date) as from_date,
        service_over_date as to_date
    from commitments

    union all

    select
        customer_id,
        contract_family_id,
        sku,
        reporting_mrr,
        'unsigned_in_service' as measure,
        service_start_date as from_date,
        least(service_over_date, commit_start_date) as to_date
    from commitments

),

edges as (

    select
        customer_id,
        contract_family_id,
        sku,
        measure,
        reporting_mrr,
        from_date as change_date
    from spells
    where from_date < to_date

    union all

    select
        customer_id,
        contract_family_id,
        sku,
        measure,
        -reporting_mrr as reporting_mrr,
        to_date as change_date
    from spells
    where from_date < to_date

),

changes_by_month as (

    select
        customer_id,
        contract_family_id,
        sku,
        cast(date_trunc('month', change_date) as date) as month,
    {%- for measure in cmrr_parts() %}
    coalesce(sum(reporting_mrr) filter (where measure = '{{ measure }}'), 0)
        as {{ measure }} {%- if not loop.last %},{% endif %}
    {%- endfor %}
    from edges
    where change_date <= {{ as_of_date() }}
    group by customer_id, contract_family_id, sku, month

),

levels as (

    select
        customer_id,
        contract_family_id,
        sku,
        month as from_month,
        lead(month) over family_sku as to_month,
    {%- for measure in cmrr_parts() %}
    sum({{ measure }}) over family_sku_to_date as {{ measure }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
    from changes_by_month
    window
        family_sku as (partition by contract_family_id, sku order by month),
        family_sku_to_date as (
            partition by contract_family_id, sku
            order by month
            rows between unbounded preceding and current row
        )

),

final as (

    select
        months.month,
        levels.customer_id,
        levels.contract_family_id,
        levels.sku,
        {%- for measure in cmrr_parts() %}
        cast(levels.{{ measure }} as decimal(18, 2)) as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from levels
    inner join months
        on
            levels.from_month <= months.month
            and coalesce(levels.to_month, cast('9999-12-31' as date)) > months.month
    where
    {%- for measure in cmrr_parts() %}
        {% if not loop.first %}or {% endif %}levels.{{ measure }} <> 0
    {%- endfor %}

)

select * from final
