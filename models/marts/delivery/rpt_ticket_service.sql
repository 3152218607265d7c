-- One row per period (month, fiscal quarter, fiscal year) and value of a dimension.
-- Periods and dimensions overlap: choose one of each. First response is of the tickets
-- raised in the period, resolution of those solved in it, open of its last day.
{%- set dimensions = [
    'all_tickets', 'ticket_type', 'priority', 'segment', 'assignee_user_id'
] %}

with

ticket_months as (

    select
        ticket_months.month,
        coalesce(customers.segment, 'not_given') as segment,
        ticket_months.licences_purchased
    from {{ ref('fct_ticket_months') }} as ticket_months
    left join {{ ref('dim_customers') }} as customers
        on ticket_months.customer_id = customers.customer_id

),

tickets as (

    select
        'all' as all_tickets,
        ticket_type,
        priority,
        segment,
        assignee_user_id,
        first_response_hours,
        resolution_hours,
        is_escalated,
        is_resolution_due,
        is_within_due,
        created_date,
        solved_date
    from {{ ref('fct_tickets') }}

),

periods as (

    {%- for grain in ['month', 'quarter', 'year'] %}
    select
        '{{ grain }}' as period_grain,
        {{ fiscal_period_start('month', grain) }} as period_start,
        least({{ fiscal_period_end('month', grain) }}, {{ as_of_date() }}) as period_end
    from ticket_months
    group by period_start, period_end
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor %}

),

-- A ticket stands in every period from the one it was raised in to the one it was
-- solved in.
tickets_in_periods as (

    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        tickets.*,
        tickets.created_date >= periods.period_start as is_created,
        coalesce(tickets.solved_date <= periods.period_end, false) as is_solved,
        cast(periods.period_end - tickets.created_date as integer) as age_days
    from periods
    inner join tickets
        on
            periods.period_end >= tickets.created_date
            and periods.period_start
            <= coalesce(tickets.solved_date, cast('9999-12-31' as date))

),

tickets_by_dimension as (

    {%- for dimension in dimensions %}
    select
        period_grain,
        period_start,
        period_end,
        '{{ 'all' if loop.first else dimension }}' as dimension_name,
        coalesce({{ dimension }}, 'not_given') as dimension_value,
        case when is_created then first_response_hours end as first_response_hours,
        case when is_solved then resolution_hours end as resolution_hours,
        case when not is_solved then age_days end as open_days,
        is_created,
        is_solved,
        is_created and is_escalated as is_escalated,
        is_solved and is_resolution_due as is_due,
        is_solved and is_within_due as is_within_due
    from tickets_in_periods
    {%- if not loop.last %}

    union all
    {% endif -%}
    {%- endfor %}

),

licences as (

    select
        month,
        segment,
        sum(licences_purchased) as licences_purchased
    from ticket_months
    group by month, segment

    union all

    select
        month,
        'all' as segment,
        sum(licences_purchased) as licences_purchased
    from ticket_months
    group by month

),

service as (

    select
        period_grain,
        period_start,
        period_end,
        dimension_name,
        dimension_value,
        -- A type, priority or assignee has no licences of its own: all are its base.
        case when dimension_name = 'segment' then dimension_value else 'all' end
            as licence_segment,
        count(*) filter (where is_created) as tickets_created,
        count(*) filter (where is_escalated) as tickets_escalated,
        count(*) filter (where is_solved) as tickets_solved,
        count(*) filter (where is_due) as tickets_solved_with_due,
        count(*) filter (where is_within_due) as tickets_solved_within_due,
        count(*) filter (where not is_solved) as tickets_open,
        {{ median_of('first_response_hours') }} as median_first_response_hours,
        {{ median_of('resolution_hours') }} as median_resolution_hours,
        {{ median_of('open_days') }} as median_open_days,
        max(open_days) as oldest_open_days
    from tickets_by_dimension
    group by period_grain, period_start, period_end, dimension_name, dimension_value

),

final as (

    select
        service.period_grain,
        service.period_start,
        service.period_end,
        service.dimension_name,
        service.dimension_value,
        {%- for count in [
            'created', 'escalated', 'solved', 'solved_with_due', 'solved_within_due',
            'open'
        ] %}
        cast(service.tickets_{{ count }} as integer) as tickets_{{ count }},
        {%- endfor %}
        cast(coalesce(licences.licences_purchased, 0) as decimal(18, 2))
            as licences_purchased,
        {{ ratio('100 * service.tickets_created', 'licences.licences_purchased') }}
            as tickets_per_100_licences,
        service.median_first_response_hours,
        service.median_resolution_hours,
        {{ ratio(
            'service.tickets_solved_within_due', 'service.tickets_solved_with_due'
        ) }} as solved_within_due_share,
        service.median_open_days,
        service.oldest_open_days
    from service
    left join licences
        on
            cast(date_trunc('month', service.period_end) as date) = licences.month
            and service.licence_segment = licences.segment

)

select * from final
