-- One row per period, dimension and value: what the rates of retention divide, of the
-- customers with CMRR when the period began, and of those with CMRR twelve months ago.
{%- set dimensions = [
    'segment',
    'csm',
    'industry',
    'employee_band',
    'region',
    'sales_channel',
    'currency',
    'tenure_band',
] %}
{%- set period_amounts = [
    'beginning_cmrr',
    'gross_retained_cmrr',
    'net_retained_cmrr',
] %}
{%- set period_counts = [
    'beginning_customers',
    'kept_customers',
    'beginning_customers_outside_archive',
    'kept_customers_outside_archive',
] %}
{%- set year_amounts = ['year_ago_cmrr', 'year_ago_kept_cmrr', 'year_ago_net_cmrr'] %}
{%- set year_counts = ['year_ago_customers', 'year_ago_kept_customers'] %}
{%- set period_measures = period_amounts + period_counts %}
{%- set year_measures = year_amounts + year_counts %}
{%- set sums, counts = [], [] %}
{%- for measure in period_measures + year_measures %}
{%- do sums.append('sum(' ~ measure ~ ') as ' ~ measure) %}
{%- endfor %}
{%- for count in period_counts + year_counts %}
{%- do counts.append('cast(' ~ count ~ ' as integer) as ' ~ count) %}
{%- endfor %}

with

customer_periods as (

    select
        period_grain,
        period_start,
        customer_id,
        cast(null as varchar) as product_line,
        beginning_cmrr,
        beginning_cmrr_outside_archive,
        add_on_cmrr,
        upgrade_cmrr,
        downgrade_cmrr,
        swap_cmrr,
        cancellation_cmrr,
        archive_cmrr,
        ending_cmrr,
        ending_cmrr_outside_archive
    from {{ ref('fct_cmrr_customer_periods') }}

),

product_line_periods as (

    select
        period_grain,
        period_start,
        customer_id,
        product_line,
        sum(beginning_cmrr) as beginning_cmrr,
        cast(null as decimal(18, 2)) as beginning_cmrr_outside_archive,
        sum(add_on_cmrr) as add_on_cmrr,
        sum(upgrade_cmrr) as upgrade_cmrr,
        sum(downgrade_cmrr) as downgrade_cmrr,
        sum(swap_cmrr) as swap_cmrr,
        sum(cancellation_cmrr) as cancellation_cmrr,
        sum(archive_cmrr) as archive_cmrr,
        sum(ending_cmrr) as ending_cmrr,
        cast(null as decimal(18, 2)) as ending_cmrr_outside_archive
    from {{ ref('fct_cmrr_family_periods') }}
    group by period_grain, period_start, customer_id, product_line

),

customer_attributes as (

    select
        customer_period_key,
        {{ dimensions | join(',\n        ') }}
    from {{ ref('kpi_customer_periods') }}

),

last_months as (

    select
        period_grain,
        period_start,
        month,
        cast(month - interval 12 month as date) as year_ago_month
    from {{ ref('kpi_months') }}
    where is_last_month

),

unit_periods as (

    select * from customer_periods

    union all

    select * from product_line_periods

),

unit_months as (

    select
        period_start as month,
        customer_id,
        product_line,
        ending_cmrr
    from unit_periods
    where period_grain = 'month' and ending_cmrr > 0

),

measured as (

    select
        period_grain,
        period_start,
        period_grain
        || '|' || cast(period_start as varchar)
        || '|' || customer_id as customer_period_key,
        product_line,
        beginning_cmrr,
        {{ retained_cmrr('gross') }} as gross_retained_cmrr,
        {{ retained_cmrr('net') }} as net_retained_cmrr,
        case when beginning_cmrr > 0 then 1 else 0 end as beginning_customers,
        case when beginning_cmrr > 0 and ending_cmrr > 0 then 1 else 0 end
            as kept_customers,
        case when beginning_cmrr_outside_archive > 0 then 1 else 0 end
            as beginning_customers_outside_archive,
        case
            when
                beginning_cmrr_outside_archive > 0 and ending_cmrr_outside_archive > 0
                then 1
            else 0
        end as kept_customers_outside_archive,
        0 as {{ year_measures | join(',\n        0 as ') }}
    from unit_periods

    union all

    {#- The day before the eleventh month before is the end of that month a year ago. #}
    select
        last_months.period_grain,
        last_months.period_start,
        'month|'
        || cast(cast(earlier.month + interval 1 month as date) as varchar)
        || '|' || earlier.customer_id as customer_period_key,
        earlier.product_line,
        {%- for measure in period_measures %}
        0 as {{ measure }},
        {%- endfor %}
        earlier.ending_cmrr as year_ago_cmrr,
        least(earlier.ending_cmrr, coalesce(later.ending_cmrr, 0))
            as year_ago_kept_cmrr,
        coalesce(later.ending_cmrr, 0) as year_ago_net_cmrr,
        1 as year_ago_customers,
        case when later.ending_cmrr is not null then 1 else 0 end
            as year_ago_kept_customers
    from last_months
    inner join unit_months as earlier
        on last_months.year_ago_month = earlier.month
    left join unit_months as later
        on
            last_months.month = later.month
            and earlier.customer_id = later.customer_id
            and coalesce(earlier.product_line, '') = coalesce(later.product_line, '')

),

attributed as (

    select
        {%- for dimension in dimensions %}
        coalesce(customer_attributes.{{ dimension }}, 'not_given') as {{ dimension }},
        {%- endfor %}
        'all' as total,
        measured.*
    from measured
    left join customer_attributes
        on measured.customer_period_key = customer_attributes.customer_period_key

),

slices as (

    {%- for dimension in ['total', 'product_line'] + dimensions %}
    select
        period_grain,
        period_start,
        '{{ dimension }}' as dimension_name,
        {{ dimension }} as dimension_value,
        {{ sums | join(',\n        ') }}
    from attributed
    where product_line is {{ 'not' if dimension == 'product_line' }} null
    group by period_grain, period_start, {{ dimension }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

final as (

    select
        period_grain,
        period_start,
        dimension_name,
        dimension_value,
        {%- for amount in period_amounts + year_amounts %}
        cast({{ amount }} as decimal(18, 2)) as {{ amount }},
        {%- endfor %}
        {{ counts | join(',\n        ') }}
    from slices
    where
        beginning_customers + beginning_customers_outside_archive + year_ago_customers
        > 0

)

select * from final
