-- One row per month and customer with licences, open tickets or anything that happened.
-- Licences and open tickets stand at the month's end (the running month: at the as-of
-- date) and must not be summed over months; all else happened in the month.
{%- set flows = [
    'tickets_created',
    'question_tickets_created',
    'incident_tickets_created',
    'bug_tickets_created',
    'feature_request_tickets_created',
    'billing_tickets_created',
    'tickets_solved',
    'tickets_escalated',
    'incident_tickets_solved',
    'bug_tickets_solved',
    'risks_opened',
    'risks_resolved',
    'community_questions',
    'community_answers',
] %}

with

changes as (

    select
        customer_id,
        month,
        {{ flows | join(',\n        ') }},
        licence_change
    from {{ ref('int_delivery_changes_by_month') }}

),

months as (

    select month
    from {{ ref('int_delivery_months') }}

),

levels as (

    select
        *,
        lead(month) over (partition by customer_id order by month) as to_month,
        sum(tickets_created - tickets_solved) over (
            partition by customer_id
            order by month
            rows between unbounded preceding and current row
        ) as tickets_open,
        sum(licence_change) over (
            partition by customer_id
            order by month
            rows between unbounded preceding and current row
        ) as licences_purchased
    from changes

),

customer_months as (

    select
        months.month,
        levels.customer_id,
        {%- for flow in flows %}
        case when months.month = levels.month then levels.{{ flow }} else 0 end
            as {{ flow }},
        {%- endfor %}
        cast(levels.tickets_open as integer) as tickets_open,
        cast(levels.licences_purchased as decimal(18, 2)) as licences_purchased,
        months.month = levels.month as is_month_of_change
    from levels
    inner join months
        on
            levels.month <= months.month
            and coalesce(levels.to_month, cast('9999-12-31' as date)) > months.month

),

final as (

    select
        month,
        customer_id,
        {{ flows | join(',\n        ') }},
        tickets_open,
        incident_tickets_created + bug_tickets_created + risks_opened as issues_opened,
        incident_tickets_solved + bug_tickets_solved + risks_resolved
            as issues_resolved,
        licences_purchased,
        {{ ratio('100 * tickets_created', 'licences_purchased') }}
            as tickets_per_100_licences,
        {{ ratio('licences_purchased', 'question_tickets_created') }}
            as licences_per_question_ticket,
        {{ ratio('community_answers', 'community_questions') }}
            as community_answers_per_question
    from customer_months
    where is_month_of_change or tickets_open <> 0 or licences_purchased <> 0

)

select * from final
