-- Billing history of `customers` companies over `years` years up to `as_of`, into the raw
-- relations of an empty working file. A hash of each row's place decides everything.

create temp macro pick(place, salt, choices) as (
    cast(md5_number_lower(salt || '|' || place) % choices as integer)
);

create temp macro at_hour(day, place) as (
    cast(day as timestamp) + pick(place, 'hour', 86400) * interval 1 second
);

create temp macro after_months(day, months) as (
    cast(day + months * interval 1 month as date)
);

create temp macro reason_of(place) as (
    ['price', 'low_adoption', 'acquired', 'right_sizing', 'lost_sponsor', null][
        1 + pick(place, 'reason', 6)
    ]
);

create temp table horizon as
select
    cast(getvariable('as_of') as date) as last_day,
    cast(
        cast(getvariable('as_of') as date) - getvariable('years') * interval 1 year as date
    ) as first_day;

create temp table products as
select
    'SKU-' || number as sku,
    'Product ' || number as product_name,
    'Line ' || (number // 4) as product_line,
    'recurring' as charge_type,
    case when number % 4 = 0 then 'thousand_calls' else 'seat' end as unit_of_measure,
    false as is_archive,
    cast(60 + 45 * number as decimal(18, 4)) as unit_price
from range(8) as numbers (number)
union all
select 'SKU-ARCHIVE', 'Archive', 'Archive', 'recurring', 'flat', true, 600;

-- 1 customer in 16 has two families; families begin on any day of the
-- history, more of them later than early on.
create temp table families as
select
    customer_number,
    customer_number || '-' || family_number as family,
    ['USD', 'USD', 'USD', 'USD', 'USD', 'EUR', 'EUR', 'GBP'][
        1 + pick(customer_number, 'currency', 8)
    ] as currency,
    horizon.first_day
    + greatest(
        pick(customer_number || '-' || family_number, 'start', 365 * getvariable('years')),
        pick(customer_number || '-' || family_number, 'later', 365 * getvariable('years'))
    ) as first_start_date,
    pick(customer_number || '-' || family_number, 'sku', 8) as sku_number,
    case pick(customer_number || '-' || family_number, 'positions', 100) // 10
        when 0 then 3
        when 1 then 2
        else 1
    end as position_count,
    2 + pick(customer_number || '-' || family_number, 'swap', 25) as swap_term,
    2 + pick(customer_number || '-' || family_number, 'archive', 60) as archive_term
from range(getvariable('customers')) as customers (customer_number)
cross join range(2) as family_numbers (family_number)
cross join horizon
where family_number = 0 or pick(customer_number, 'families', 16) = 0;

-- What becomes of a term: 70 in 100 renew on time, 4 early (the new term begins 30 days
-- before the old one ends), 6 late within grace, 3 return after it, 9 give notice for the
-- end, 3 within the term, 5 never answer.
create temp table terms as
with recursive terms as (
    select
        family,
        1 as term_number,
        first_start_date as start_date,
        first_start_date - pick(family, 'signed', 30) as signed_date
    from families

    union all

    select
        family,
        term_number + 1,
        case
            when outcome < 70 then end_date + 1
            when outcome < 74 then end_date - 29
            when outcome < 80 then end_date + 1
            else end_date + 130 + wait
        end,
        case
            when outcome < 70 then end_date - wait
            when outcome < 74 then end_date - 29 - wait // 3
            when outcome < 80 then end_date + 1 + wait
            else end_date + 120 + wait
        end
    from (
        select
            terms.*,
            pick(family || '-' || term_number, 'outcome', 100) as outcome,
            pick(family || '-' || term_number, 'wait', 80) as wait,
            after_months(
                start_date,
                [12, 12, 12, 24, 24, 36][1 + pick(family || '-' || term_number, 'months', 6)]
            ) - 1 as end_date
        from terms
    )
    cross join horizon
    where
        outcome < 83
        and horizon.last_day >= case
            when outcome < 70 then end_date - wait
            when outcome < 74 then end_date - 29 - wait // 3
            when outcome < 80 then end_date + 1 + wait
            else end_date + 120 + wait
        end
)

select
    families.*,
    terms.term_number,
    families.family || '-' || terms.term_number as place,
    terms.signed_date,
    terms.start_date,
    [12, 12, 12, 24, 24, 36][
        1 + pick(families.family || '-' || terms.term_number, 'months', 6)
    ] as month_count,
    after_months(
        terms.start_date,
        [12, 12, 12, 24, 24, 36][
            1 + pick(families.family || '-' || terms.term_number, 'months', 6)
        ]
    ) - 1 as end_date,
    pick(families.family || '-' || terms.term_number, 'outcome', 100) as outcome,
    terms.term_number >= families.archive_term as is_archive
from terms
inner join families on terms.family = families.family
cross join horizon
where terms.signed_date <= horizon.last_day;

-- The lines that a term begins with: units drift, list prices rise, discounts change, one
-- product may be swapped at a renewal, others are dropped, the last may be the archive.
create temp table term_lines as
with placed as (
    select
        terms.*,
        position,
        place || '-' || position as line_place,
        month_count >= 24
        and position = 0
        and not is_archive
        and pick(place, 'ramp', 100) < 15 as is_ramp,
        case
            when is_archive then 'SKU-ARCHIVE'
            else 'SKU-' || (
                sku_number
                + 3 * position
                + case when position = 0 and term_number >= swap_term then 1 else 0 end
            ) % 8
        end as sku,
        case
            when is_archive then 1
            else greatest(
                1,
                5
                + pick(family || '-' || position, 'units', 200)
                + (pick(family || '-' || position, 'drift', 4) - 1)
                * (term_number - 1)
                * (1 + pick(family || '-' || position, 'units', 200) // 12)
            )
        end as units,
        5 * pick(family || '-' || term_number // 2, 'discount', 6) as discount_percent
    from terms
    cross join range(3) as positions (position)
    where
        position = 0
        or (
            position < position_count
            and not is_archive
            and term_number < 2 + pick(family || '-' || position, 'drop', 10)
        )
)

select
    placed.*,
    products.unit_price
    * cast(
        1
        + 0.03 * (extract(year from placed.signed_date) - extract(year from horizon.first_day))
        as decimal(5, 2)
    ) as list_unit_price,
    lag('LINE-' || line_place || case when is_ramp then '-2' else '-1' end) over (
        partition by family, position
        order by term_number
    ) as prior_line_id
from placed
inner join products on placed.sku = products.sku
cross join horizon;

-- Changes within a term, while it is known: add-ons (15 in 100), reductions (6 in 100).
create temp table changes_within_term as
select
    term_lines.*,
    kind,
    greatest(signed_date, start_date)
    + 20
    + pick(place, kind || ' day', 30 * month_count - 120) as change_date
from term_lines
cross join (values ('add_on', 15), ('reduction', 6)) as kinds (kind, percent)
where
    position = 0
    and not is_archive
    and pick(place, kind, 100) < percent
    and (kind = 'add_on' or (not is_ramp and units > 3));

delete from changes_within_term
where change_date > (select last_day from horizon) or change_date >= end_date - 5;

insert into raw_crm.accounts by name
select
    'ACCOUNT-' || customer_number as account_id,
    'Customer ' || customer_number as account_name,
    'software' as industry,
    10 + pick(customer_number, 'employees', 5000) as employee_count,
    'US' as country,
    'direct' as sales_channel,
    cast(first_day - 60 as timestamp) as created_at,
    cast(first_day - 60 as timestamp) as updated_at,
    false as is_deleted,
    cast(first_day - 60 as timestamp) as loaded_at
from range(getvariable('customers')) as customers (customer_number)
cross join horizon;

insert into raw_billing.products by name
select
    products.* exclude (unit_price),
    cast(first_day - 60 as timestamp) as updated_at,
    cast(first_day - 60 as timestamp) as loaded_at
from products
cross join horizon;

insert into raw_billing.contracts by name
select
    'CONTRACT-' || place as contract_id,
    'ACCOUNT-' || customer_number as account_id,
    case when term_number > 1 then 'CONTRACT-' || family || '-' || (term_number - 1) end
        as renewed_from_contract_id,
    at_hour(signed_date, place) as signed_at,
    start_date,
    end_date,
    'annual' as billing_frequency,
    false as auto_renews,
    currency,
    at_hour(signed_date, place) as created_at,
    at_hour(signed_date, place) as updated_at,
    false as is_deleted,
    at_hour(signed_date, place) as loaded_at
from terms;

insert into raw_billing.orders by name
select
    order_id,
    'CONTRACT-' || place as contract_id,
    order_type,
    at_hour(order_date, place) as signed_at,
    at_hour(order_date, place) as created_at,
    at_hour(order_date, place) as updated_at,
    false as is_deleted,
    at_hour(order_date, place) as loaded_at
from (
    select
        'ORDER-' || place as order_id,
        place,
        case when term_number = 1 then 'new' else 'renewal' end as order_type,
        signed_date as order_date
    from terms
    union all
    select 'ORDER-' || place || '-' || kind, place, kind, change_date
    from changes_within_term
);

insert into raw_billing.order_lines by name
select
    * exclude (line_date, line_place),
    at_hour(line_date, line_place) as updated_at,
    false as is_deleted,
    at_hour(line_date, line_place) as loaded_at
from (
    select
        'LINE-' || line_place || '-1' as order_line_id,
        'ORDER-' || place as order_id,
        sku,
        units as quantity,
        list_unit_price,
        discount_percent,
        start_date as service_start_date,
        case when is_ramp then after_months(start_date, 12) - 1 else end_date end
            as service_end_date,
        prior_line_id as prior_order_line_id,
        signed_date as line_date,
        line_place
    from term_lines
    union all
    select
        'LINE-' || line_place || '-2',
        'ORDER-' || place,
        sku,
        units + units // 2,
        list_unit_price,
        discount_percent,
        after_months(start_date, 12),
        end_date,
        'LINE-' || line_place || '-1',
        signed_date,
        line_place
    from term_lines
    where is_ramp
    union all
    select
        'LINE-' || line_place || '-' || kind,
        'ORDER-' || place || '-' || kind,
        case
            when kind = 'add_on' and pick(place, 'other', 5) < 2
                then 'SKU-' || (sku_number + 4) % 8
            else sku
        end,
        case when kind = 'add_on' then 1 + units // 5 else -(units // 3) end,
        list_unit_price,
        discount_percent,
        change_date + case when kind = 'add_on' then pick(place, 'live', 5) else 0 end,
        end_date,
        case when kind = 'reduction' then 'LINE-' || line_place || '-1' end,
        change_date,
        line_place
    from changes_within_term
);

insert into raw_billing.cancellations by name
select
    * exclude (notified_date, place),
    reason_of(place) as reason_code,
    at_hour(notified_date, place) as notified_at,
    at_hour(notified_date, place) as updated_at,
    false as is_deleted,
    at_hour(notified_date, place) as loaded_at
from (
    select
        'CANCELLATION-' || place as cancellation_id,
        'CONTRACT-' || place as contract_id,
        cast(null as varchar) as sku,
        case
            when outcome < 92 then end_date - 15 - pick(place, 'notice', 75)
            else start_date + 90 + pick(place, 'notice', 180)
        end as notified_date,
        case when outcome < 92 then end_date + 1 else notified_date + 30 end
            as effective_date,
        place
    from terms
    where outcome between 83 and 94
    union all
    select
        'CANCELLATION-' || line_place,
        'CONTRACT-' || place,
        sku,
        end_date - 60,
        end_date + 1,
        line_place
    from term_lines
    where position > 0 and pick(line_place, 'notice', 100) < 5
)
where notified_date <= (select last_day from horizon);

insert into raw_billing.exchange_rates by name
select
    rate_date,
    currency,
    cast(
        base_rate * (0.95 + pick(currency || rate_date, 'rate', 1000) * 0.0001)
        as decimal(18, 8)
    ) as rate,
    cast(rate_date as timestamp) as loaded_at
from (
    select
        cast(unnest(generate_series(
            date_trunc('month', first_day - 60), last_day, interval 1 month
        )) as date) as rate_date
    from horizon
)
cross join (values ('EUR', 1.1), ('GBP', 1.3)) as rates (currency, base_rate);

insert into raw_ledger.fiscal_periods by name
select
    period_start,
    last_day(period_start) as period_end,
    cast(extract(year from period_start) as integer) as fiscal_year,
    cast(extract(quarter from period_start) as integer) as fiscal_quarter,
    cast(period_start as timestamp) as loaded_at
from (
    select
        cast(unnest(generate_series(
            date_trunc('month', first_day - 60), last_day, interval 1 month
        )) as date) as period_start
    from horizon
);
