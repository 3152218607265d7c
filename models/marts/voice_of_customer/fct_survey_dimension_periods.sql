-- One row per period, survey and slice of one dimension, total included: the counts.
-- Read one dimension at a time: each holds every response once.
{%- set customer_dimensions = [
    'segment', 'industry', 'region', 'country', 'sales_channel', 'employee_band',
    'csm_user_id', 'lifecycle_stage',
] %}
{%- set survey_dimensions = ['touchpoint', 'contact_role'] %}
{%- set keys = [
    'period_grain', 'period_start', 'period_end', 'survey_type', 'survey_kind',
] %}
{%- set counts = [
    'invitations', 'answered_invitations', 'responses', 'positive_responses',
    'neutral_responses', 'negative_responses', 'score_sum', 'score_square_sum',
] %}
{%- set account_classes = {'promoter': 1, 'passive': 0, 'detractor': -1} %}

with

customer_periods as (

    select *
    from {{ ref('fct_survey_customer_periods') }}

),

customers as (

    select
        customer_id,
        {{ customer_dimensions | join(',\n        ') }}
    from {{ ref('dim_customers') }}

),

levels as (

    select
        period_grain,
        period_start,
        customer_id,
        cast(greatest(ending_cmrr, 0) as decimal(18, 2)) as cmrr
    from {{ ref('fct_cmrr_customer_periods') }}

),

accounts as (

    {% for slicing in ['total'] + survey_dimensions %}
    select
        {{ keys | join(',\n        ') }},
        customer_id,
        {%- for count in counts %}
        sum({{ count }}) as {{ count }},
        {%- endfor %}
        '{{ slicing }}' as slicing,
        {{ "'total'" if slicing == 'total' else slicing }} as slice
    from customer_periods
    group by
        {{ keys | join(',\n        ') }},
        customer_id,
        slice
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

described_accounts as (

    select
        accounts.*,
        case
            when accounts.responses = 0 or accounts.survey_type <> 'nps' then null
            when accounts.score_sum >= 9 * accounts.responses then 1
            when accounts.score_sum >= 7 * accounts.responses then 0
            else -1
        end as account_class,
        {%- for dimension in customer_dimensions %}
        coalesce(customers.{{ dimension }}, 'not_given') as {{ dimension }},
        {%- endfor %}
        cast(coalesce(levels.cmrr, 0) as decimal(18, 2)) as cmrr
    from accounts
    left join customers
        on accounts.customer_id = customers.customer_id
    left join levels
        on
            accounts.period_grain = levels.period_grain
            and accounts.period_start = levels.period_start
            and accounts.customer_id = levels.customer_id

),

sliced_accounts as (

    {% for dimension in ['total'] + customer_dimensions + survey_dimensions %}
    select
        {{ (keys + counts) | join(',\n        ') }},
        account_class,
        cmrr,
        '{{ dimension }}' as dimension_name,
        {{ dimension if dimension in customer_dimensions else 'slice' }}
            as dimension_value
    from described_accounts
    where
        slicing = '{{ dimension if dimension in survey_dimensions else 'total' }}'
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

{%- set keys = keys + ['dimension_name', 'dimension_value'] %}

final as (

    select
        {{ keys | join(',\n        ') }},
        {%- for count in counts %}
        cast(
            sum({{ count }}) as {{ 'bigint' if 'score' in count else 'integer' }}
        ) as {{ count }},
        {%- endfor %}
        {%- for name, value in account_classes.items() %}
        cast(count(*) filter (where account_class = {{ value }}) as integer)
            as {{ name }}_accounts,
        cast(
            coalesce(sum(cmrr) filter (where account_class = {{ value }}), 0)
            as decimal(18, 2)
        ) as {{ name }}_cmrr,
        cast(
            coalesce(sum(cmrr * cmrr) filter (where account_class = {{ value }}), 0)
            as decimal(38, 4)
        ) as {{ name }}_cmrr_squares,
        {%- endfor %}
        cast(count(*) filter (where responses > 0) as integer) as accounts
    from sliced_accounts
    group by
        {{ keys | join(',\n        ') }}

)

select * from final
