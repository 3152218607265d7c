-- No ticket, answer, solution, measurement or check lies after the as-of date, and
-- nothing ends before it began. A row that is loaded today may speak of tomorrow.
select
    'fct_tickets' as model_name,
    ticket_id as row_id
from {{ ref('fct_tickets') }}
where
    {{ local_date('created_at') }} > {{ as_of_date() }}
    or {{ local_date('first_response_at') }} > {{ as_of_date() }}
    or {{ local_date('solved_at') }} > {{ as_of_date() }}
    or {{ local_date('escalated_at') }} > {{ as_of_date() }}
    or days_unresolved < 0
    or resolution_hours < 0

union all

select
    'fct_success_measures' as model_name,
    measure_id as row_id
from {{ ref('fct_success_measures') }}
where
    {{ local_date('measured_at') }} > {{ as_of_date() }}
    or {{ local_date('target_met_at') }} > {{ as_of_date() }}
    or agreed_date > {{ as_of_date() }}

union all

select
    'fct_health_checks' as model_name,
    health_check_id as row_id
from {{ ref('fct_health_checks') }}
where {{ local_date('completed_at') }} > {{ as_of_date() }}

union all

select
    'fct_ticket_months' as model_name,
    customer_id as row_id
from {{ ref('fct_ticket_months') }}
where month > {{ as_of_date() }}
