-- One row per month and CSM that carried a customer, did something or was on the team.
-- Customers and CMRR are levels at month end; the counts of work are of the month.
{%- set activity_types = [
    'call', 'email', 'meeting', 'qbr', 'onsite', 'renewal_outreach'
] %}

with

months as (

    select
        month,
        report_date
    from {{ ref('int_months') }}

),

current_csms as (

    select
        user_id,
        hired_date
    from {{ ref('dim_users') }}
    where user_role = 'csm' and is_active

),

books as (

    select
        month,
        csm_user_id,
        sum(customers) as customers,
        sum(cmrr) as cmrr,
        sum({{ ratio('customers', 'minimum_customers') }}) as share_of_minimum,
        sum({{ ratio('customers', 'maximum_customers') }}) as share_of_maximum
    from {{ ref('fct_csm_coverage_months') }}
    group by month, csm_user_id

),

work as (

    select
        month,
        csm_user_id,
        {%- for type in activity_types %}
        coalesce(sum(work_count) filter (where work_type = '{{ type }}'), 0)
            as {{ type }}_count,
        {%- endfor %}
        sum(work_count) filter (where work_type = 'ticket') as tickets_handled,
        sum(work_count) filter (where work_type = 'risk_raised') as risks_raised,
        sum(work_count) filter (
            where work_type in ('risk_mitigated', 'risk_accepted', 'risk_lost')
        ) as risks_resolved,
        sum(work_count) filter (where work_type = 'risk_mitigated') as risks_mitigated,
        sum(saved_cmrr) as saved_cmrr
    from {{ ref('fct_csm_work_months') }}
    group by month, csm_user_id

),

csm_months as (

    select
        month,
        csm_user_id
    from books

    union all

    select
        month,
        csm_user_id
    from work

    union all

    select
        months.month,
        current_csms.user_id as csm_user_id
    from current_csms
    inner join months
        on current_csms.hired_date <= months.report_date

),

distinct_csm_months as (

    select
        month,
        csm_user_id
    from csm_months
    group by month, csm_user_id

),

csm_months_filled as (

    select
        csm_months.month,
        csm_months.csm_user_id,
        coalesce(books.customers, 0) as customers,
        coalesce(books.cmrr, 0) as cmrr,
        books.share_of_minimum,
        books.share_of_maximum,
        {%- for type in activity_types %}
        coalesce(work.{{ type }}_count, 0) as {{ type }}_count,
        {%- endfor %}
        coalesce(work.tickets_handled, 0) as tickets_handled,
        coalesce(work.risks_raised, 0) as risks_raised,
        coalesce(work.risks_resolved, 0) as risks_resolved,
        coalesce(work.risks_mitigated, 0) as risks_mitigated,
        coalesce(work.saved_cmrr, 0) as saved_cmrr
    from distinct_csm_months as csm_months
    left join books
        on
            csm_months.month = books.month
            and csm_months.csm_user_id = books.csm_user_id
    left join work
        on
            csm_months.month = work.month
            and csm_months.csm_user_id = work.csm_user_id

),

final as (

    select
        month,
        csm_user_id,
        cast(customers as integer) as customers,
        cast(cmrr as decimal(18, 2)) as cmrr,
        cast(share_of_minimum as decimal(18, 6)) as share_of_minimum,
        cast(share_of_maximum as decimal(18, 6)) as share_of_maximum,
        case
            when csm_user_id = 'unassigned' then null
            when share_of_maximum > 1 then 'over'
            when share_of_minimum < 1 then 'under'
            when share_of_minimum is not null then 'within'
        end as coverage_status,
        {%- for type in activity_types %}
        cast({{ type }}_count as integer) as {{ type }}_count,
        {%- endfor %}
        cast(
            {%- for type in activity_types %}
            {% if not loop.first %}+ {% endif %}{{ type }}_count
            {%- endfor %} as integer
        ) as interactions,
        {{ ratio(activity_types | join('_count + ') ~ '_count', 'customers') }}
            as interactions_per_customer,
        cast(tickets_handled as integer) as tickets_handled,
        cast(risks_raised as integer) as risks_raised,
        cast(risks_resolved as integer) as risks_resolved,
        cast(risks_mitigated as integer) as risks_mitigated,
        cast(saved_cmrr as decimal(18, 2)) as saved_cmrr
    from csm_months_filled

)

select * from final
