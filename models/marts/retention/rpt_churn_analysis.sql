-- One row per period, dimension and value with a loss in it, the period before, or a
-- year before. Slices sum to the total in money; a customer may stand in several.
{%- set dimensions = loss_dimensions() + (customer_dimensions() | list) %}
{%- set amounts = {
    'lost_cmrr': 'true',
    'partial_churn_cmrr': "movement_type = 'downgrade'",
    'avoidable_churn_cmrr': "churn_type = 'avoidable'",
    'involuntary_churn_cmrr': 'is_involuntary',
    'lost_cmrr_with_reason': 'is_reason_given',
} %}
{%- set counts = {
    'lost_movements': 'movement_id',
    'customers_with_loss': 'customer_id',
    'families_with_loss': 'contract_family_id',
    'lost_logos': 'lost_logo',
} %}
{%- set compared = ['lost_cmrr'] + (counts | list) %}
{%- set months_in_period = "case period_grain when 'month' then 1
        when 'quarter' then 3 else 12 end" %}

with

losses as (

    select
        *,
        'all' as total,
        reason_label as reason,
        case is_affectable_by_success
            when true then 'affectable'
            when false then 'not affectable'
        end as affectable_by_success,
        case
            when is_lost_logo
                then customer_id || '|' || cast(movement_date as varchar)
        end as lost_logo,
        cast(date_trunc('month', movement_date) as date) as month
    from {{ ref('fct_cmrr_losses') }}

),

fiscal_months as (

    select
        month,
        fiscal_quarter_start,
        fiscal_year_start
    from {{ ref('dim_fiscal_months') }}

),

period_attributes as (

    select
        period_grain,
        period_start,
        {%- for dimension, column in customer_dimensions().items() %}
        {{ column }} as {{ dimension }},
        {%- endfor %}
        customer_id
    from {{ ref('fct_customer_period_attributes') }}

),

first_periods as (

    select
        period_grain,
        min(period_start) as first_period_start
    from period_attributes
    group by period_grain

),

losses_in_periods as (

    select
        period_attributes.period_grain,
        period_attributes.period_start,
        {%- for dimension in customer_dimensions() %}
        period_attributes.{{ dimension }},
        {%- endfor %}
        losses.*
    from losses
    inner join fiscal_months
        on losses.month = fiscal_months.month
    inner join period_attributes
        on
            losses.customer_id = period_attributes.customer_id
            and period_attributes.period_start
            = case period_attributes.period_grain
                when 'month' then fiscal_months.month
                when 'quarter' then fiscal_months.fiscal_quarter_start
                else fiscal_months.fiscal_year_start
            end

),

slices as (

    {%- for dimension in dimensions %}
    select
        period_grain,
        period_start,
        {%- for amount, condition in amounts.items() %}
        coalesce(sum(lost_cmrr) filter (where {{ condition }}), 0) as {{ amount }},
        {%- endfor %}
        {%- for count, key in counts.items() %}
        count(distinct {{ key }}) as {{ count }},
        {%- endfor %}
        '{{ dimension }}' as dimension_name,
        coalesce({{ dimension }}, 'unknown') as dimension_value
    from losses_in_periods
    group by period_grain, period_start, dimension_value
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

possible_rows as (

    {%- for months in ['0', months_in_period, '12'] %}
    select
        period_grain,
        cast(period_start + ({{ months }}) * interval 1 month as date) as period_start,
        dimension_name,
        dimension_value
    from slices
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

wanted_rows as (

    select
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        cast(period_start - {{ months_in_period }} * interval 1 month as date)
            as before_start,
        cast(period_start - interval 12 month as date) as year_before_start,
        cast(period_start + {{ months_in_period }} * interval 1 month as date)
        <= {{ add_days(as_of_date(), 1) }} as is_complete
    from possible_rows
    where period_start <= {{ as_of_date() }}
    group by period_grain, period_start, dimension_name, dimension_value

),

compared_rows as (

    select
        wanted_rows.period_grain,
        wanted_rows.period_start,
        wanted_rows.dimension_name,
        wanted_rows.dimension_value,
        {%- for measure in (amounts | list) + (counts | list) %}
        coalesce(slices.{{ measure }}, 0) as {{ measure }},
        {%- endfor %}
        {%- for measure in compared %}
        case
            when wanted_rows.before_start >= first_periods.first_period_start
                then
                    coalesce(slices.{{ measure }}, 0)
                    - coalesce(before.{{ measure }}, 0)
        end as {{ measure }}_change,
        case
            when wanted_rows.year_before_start >= first_periods.first_period_start
                then
                    coalesce(slices.{{ measure }}, 0)
                    - coalesce(year_before.{{ measure }}, 0)
        end as {{ measure }}_change_on_year,
        {%- endfor %}
        wanted_rows.is_complete
    from wanted_rows
    inner join first_periods
        on wanted_rows.period_grain = first_periods.period_grain
    {%- for slice, start in {
        'slices': 'period_start',
        'before': 'before_start',
        'year_before': 'year_before_start',
    }.items() %}
    left join slices {{ 'as ' ~ slice if slice != 'slices' }}
        on
            wanted_rows.period_grain = {{ slice }}.period_grain
            and wanted_rows.{{ start }} = {{ slice }}.period_start
            and wanted_rows.dimension_name = {{ slice }}.dimension_name
            and wanted_rows.dimension_value = {{ slice }}.dimension_value
    {%- endfor %}

),

final as (

    select
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        {%- for amount in amounts %}
        cast({{ amount }} as decimal(18, 2)) as {{ amount }},
        {%- endfor %}
        {%- for count in counts %}
        cast({{ count }} as integer) as {{ count }},
        {%- endfor %}
        {%- for measure in compared %}
        {%- for change in ['change', 'change_on_year'] %}
        cast(
            {{ measure }}_{{ change }}
            as {{ 'decimal(18, 2)' if measure == 'lost_cmrr' else 'integer' }}
        ) as {{ measure }}_{{ change }},
        {%- endfor %}
        {%- endfor %}
        {{ ratio('avoidable_churn_cmrr', 'lost_cmrr') }} as avoidable_churn_share,
        {{ ratio('lost_cmrr_with_reason', 'lost_cmrr') }} as reason_coverage,
        is_complete
    from compared_rows

)

select * from final
