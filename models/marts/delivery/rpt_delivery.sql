-- One row per period (month, fiscal quarter, fiscal year), for all and for each
-- segment. Periods overlap: choose a grain. Licences, measures and values stand at the
-- period's end; of customers without CMRR then, and of those nobody put a price on, no
-- return is told.
{%- set flows = [
    'tickets_created', 'question_tickets_created', 'issues_opened', 'issues_resolved',
    'community_questions', 'community_answers', 'service_levels_measured',
    'service_levels_met', 'health_checks_scheduled', 'health_checks_completed',
] -%}
{%- set levels = [
    'licences_purchased', 'measures_agreed', 'measures_met', 'annual_value',
    'recognised_mrr_valued',
] -%}
{%- set inputs = {
    'ticket_months': {
        'tickets_created': 'tickets_created',
        'question_tickets_created': 'question_tickets_created',
        'issues_opened': 'issues_opened',
        'issues_resolved': 'issues_resolved',
        'community_questions': 'community_questions',
        'community_answers': 'community_answers',
        'licences_purchased': 'licences_purchased',
    },
    'service_levels': {
        'service_levels_measured': '1',
        'service_levels_met': 'cast(is_met as integer)',
    },
    'health_checks': {
        'health_checks_scheduled': '1',
        'health_checks_completed': 'cast(is_completed as integer)',
    },
    'success_months': {
        'measures_agreed': 'measures_agreed',
        'measures_met': 'measures_met',
        'annual_value': 'annual_value',
        'recognised_mrr_valued':
            'case when annual_value is not null then recognised_mrr end',
    },
} %}

with

ticket_months as (

    select *
    from {{ ref('fct_ticket_months') }}

),

service_levels as (

    select
        customer_id,
        is_met,
        cast(date_trunc('month', month) as date) as month
    from {{ ref('fct_service_levels') }}

),

health_checks as (

    select
        customer_id,
        is_completed,
        cast(date_trunc('month', scheduled_date) as date) as month
    from {{ ref('fct_health_checks') }}
    where is_due

),

success_months as (

    select *
    from {{ ref('fct_success_months') }}
    where is_active

),

delivered as (

    {%- for input, columns in inputs.items() %}
    select
        month,
        {%- for measure in flows + levels %}
        {{ columns.get(measure, '0') }} as {{ measure }},
        {%- endfor %}
        customer_id
    from {{ input }}
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor %}

),

delivered_by_segment as (

    {%- for dimension in ['all', 'segment'] %}
    select
        '{{ dimension }}' as dimension_name,
        {% if loop.first -%}
        'all'
        {%- else -%}
        coalesce(customers.segment, 'not_given')
        {%- endif %} as dimension_value,
        delivered.*
    from delivered
    left join {{ ref('dim_customers') }} as customers
        on delivered.customer_id = customers.customer_id
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor %}

),

delivered_in_periods as (

    {%- for grain in ['month', 'quarter', 'year'] %}
    select
        '{{ grain }}' as period_grain,
        {{ fiscal_period_start('month', grain) }} as period_start,
        least({{ fiscal_period_end('month', grain) }}, {{ as_of_date() }})
            as period_end,
        *
    from delivered_by_segment
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor %}

),

totals as (

    select
        period_grain,
        period_start,
        period_end,
        dimension_name,
        {%- for flow in flows %}
        cast(sum({{ flow }}) as integer) as {{ flow }},
        {%- endfor %}
        {%- for level in levels %}
        cast(
            coalesce(
                sum({{ level }}) filter (
                    where month = cast(date_trunc('month', period_end) as date)
                ),
                0
            ) as {{ 'integer' if level.startswith('measures') else 'decimal(18, 2)' }}
        ) as {{ level }},
        {%- endfor %}
        dimension_value
    from delivered_in_periods
    group by period_grain, period_start, period_end, dimension_name, dimension_value

),

final as (

    select
        period_grain,
        period_start,
        period_end,
        dimension_name,
        dimension_value,
        {{ (flows + levels) | join(',\n        ') }},
        {{ ratio('100 * tickets_created', 'licences_purchased') }}
            as tickets_per_100_licences,
        {{ ratio('issues_resolved', 'issues_opened') }} as issues_resolved_share,
        {{ ratio('licences_purchased', 'question_tickets_created') }}
            as licences_per_question_ticket,
        {{ ratio('community_answers', 'community_questions') }}
            as community_answers_per_question,
        {{ ratio('service_levels_met', 'service_levels_measured') }} as sla_attainment,
        {{ ratio('health_checks_completed', 'health_checks_scheduled') }}
            as health_check_completion_rate,
        {{ ratio('measures_met', 'measures_agreed') }} as measures_met_share,
        {{ ratio('annual_value', '12 * recognised_mrr_valued') }} as customer_roi
    from totals

)

select * from final
