-- One row per month and customer that held a product line in it or expanded.
-- upsell + cross_sell + price_expansion = expansion = add_on + upgrade of the bridge.
with

months as (

    select
        month,
        report_date
    from {{ ref('int_months') }}

),

spells as (

    select
        customer_id,
        from_date,
        to_date,
        product_lines,
        product_lines_before
    from {{ ref('int_product_line_spells') }}

),

expansion as (

    select
        cast(date_trunc('month', movement_date) as date) as month,
        customer_id,
        sum(case when driver = 'quantity' then amount else 0 end) as upsell_cmrr,
        sum(case when driver = 'product' then amount else 0 end) as cross_sell_cmrr,
        sum(case when driver = 'list_price' then amount else 0 end) as list_price_cmrr,
        sum(case when driver = 'discount' then amount else 0 end) as discount_cmrr,
        sum(amount) as expansion_cmrr
    from {{ ref('fct_cmrr_movements') }}
    where movement_type in ('add_on', 'upgrade')
    group by month, customer_id

),

holdings as (

    select
        months.month,
        spells.customer_id,
        max(
            case
                when spells.to_date is null or spells.to_date > months.report_date
                    then spells.product_lines
                else 0
            end
        ) as product_lines,
        bool_or(spells.product_lines = 1) as had_one_product_line,
        bool_or(
            spells.product_lines >= 2
            and spells.product_lines_before = 1
            and spells.from_date >= months.month
        ) as took_second_product_line
    from spells
    inner join months
        on
            spells.from_date <= months.report_date
            -- A spell that ends on the first was last held the day before.
            and (spells.to_date >= months.month or spells.to_date is null)
    group by months.month, spells.customer_id

),

customer_months as (

    select
        month,
        customer_id
    from holdings

    union all

    select
        month,
        customer_id
    from expansion

),

distinct_customer_months as (

    select
        month,
        customer_id
    from customer_months
    group by month, customer_id

),

final as (

    select
        customer_months.month,
        customer_months.customer_id,
        {%- for part in ['upsell', 'cross_sell', 'list_price', 'discount'] %}
        cast(coalesce(expansion.{{ part }}_cmrr, 0) as decimal(18, 2))
            as {{ part }}_cmrr,
        {%- endfor %}
        cast(
            coalesce(expansion.list_price_cmrr + expansion.discount_cmrr, 0)
            as decimal(18, 2)
        ) as price_expansion_cmrr,
        cast(coalesce(expansion.expansion_cmrr, 0) as decimal(18, 2)) as expansion_cmrr,
        coalesce(holdings.product_lines, 0) as product_lines,
        coalesce(holdings.had_one_product_line, false) as had_one_product_line,
        coalesce(holdings.took_second_product_line, false) as took_second_product_line
    from distinct_customer_months as customer_months
    left join holdings
        on
            customer_months.month = holdings.month
            and customer_months.customer_id = holdings.customer_id
    left join expansion
        on
            customer_months.month = expansion.month
            and customer_months.customer_id = expansion.customer_id

)

select * from final
