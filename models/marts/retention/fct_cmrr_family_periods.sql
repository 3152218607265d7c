-- One row per period, contract family and product line with CMRR: its bridge there.
-- The three grains overlap: choose one. Beginning and ending are levels, never summed.
with

bridge as (

    select
        month,
        customer_id,
        contract_family_id,
        sku,
        beginning_cmrr,
        {%- for type in movement_types() %}
        {{ type }}_cmrr,
        {%- endfor %}
        ending_cmrr
    from {{ ref('fct_cmrr_bridge') }}

),

products as (

    select
        sku,
        coalesce(product_line, 'unknown') as product_line
    from {{ ref('dim_products') }}

),

fiscal_months as (

    select
        month,
        fiscal_quarter_start,
        fiscal_year_start
    from {{ ref('dim_fiscal_months') }}
    where month <= {{ as_of_date() }}

),

months_in_periods as (

    {%- for grain, start in {
        'month': 'month',
        'quarter': 'fiscal_quarter_start',
        'year': 'fiscal_year_start',
    }.items() %}
    select
        '{{ grain }}' as period_grain,
        {{ start }} as period_start,
        month,
        max(month) over (partition by {{ start }}) as last_month
    from fiscal_months
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}

),

family_months as (

    select
        bridge.month,
        bridge.contract_family_id,
        products.product_line,
        max(bridge.customer_id) as customer_id,
        sum(bridge.beginning_cmrr) as beginning_cmrr,
        {%- for type in movement_types() %}
        sum(bridge.{{ type }}_cmrr) as {{ type }}_cmrr,
        {%- endfor %}
        sum(bridge.ending_cmrr) as ending_cmrr
    from bridge
    inner join products
        on bridge.sku = products.sku
    group by bridge.month, bridge.contract_family_id, products.product_line

),

final as (

    select
        months.period_grain,
        months.period_start,
        family_months.contract_family_id,
        family_months.product_line,
        max(family_months.customer_id) as customer_id,
        cast(
            coalesce(
                sum(family_months.beginning_cmrr) filter (
                    where months.month = months.period_start
                ),
                0
            ) as decimal(18, 2)
        ) as beginning_cmrr,
        {%- for type in movement_types() %}
        cast(sum(family_months.{{ type }}_cmrr) as decimal(18, 2)) as {{ type }}_cmrr,
        {%- endfor %}
        cast(
            coalesce(
                sum(family_months.ending_cmrr) filter (
                    where months.month = months.last_month
                ),
                0
            ) as decimal(18, 2)
        ) as ending_cmrr
    from family_months
    inner join months_in_periods as months
        on family_months.month = months.month
    group by
        months.period_grain,
        months.period_start,
        family_months.contract_family_id,
        family_months.product_line

)

select * from final
