-- One row per customer and day on which an attribute may have changed: the day's end.
-- Repeats are kept here: a change point may change nothing.
with

contracts as (

    select
        account_id as customer_id,
        min(signed_date) as first_signed_date
    from {{ ref('int_contract_families') }}
    group by account_id

),

cmrr_days as (

    select
        customer_id,
        change_date,
        max(customer_cmrr) as customer_cmrr
    from {{ ref('int_cmrr_change_points') }}
    group by customer_id, change_date

),

cmrr_spells as (

    select
        customer_id,
        customer_cmrr,
        change_date as valid_from_date,
        lead(change_date)
            over (partition by customer_id order by change_date)
            as valid_to_date
    from cmrr_days

),

csm_assignments as (

    select
        account_id as customer_id,
        csm_user_id,
        assigned_from,
        assigned_to
    from {{ ref('int_csm_assignments_known') }}

),

account_spells as (

    select
        account_id as customer_id,
        parent_account_id,
        industry,
        employee_count,
        country,
        sales_channel,
        csm_user_id,
        valid_from_date,
        valid_to_date
    from {{ ref('int_account_spells') }}

),

account_groups as (

    select
        account_id as customer_id,
        group_account_id,
        valid_from_date,
        valid_to_date
    from {{ ref('int_account_groups') }}

),

customers as (

    select
        contracts.customer_id,
        least(contracts.first_signed_date, min(cmrr_days.change_date))
            as first_date
    from contracts
    left join cmrr_days
        on contracts.customer_id = cmrr_days.customer_id
    group by contracts.customer_id, contracts.first_signed_date

),

possible_days as (

    select
        customer_id,
        first_date as point_date
    from customers

    union all

    select
        customer_id,
        change_date as point_date
    from cmrr_days

    union all

    select
        customer_id,
        assigned_from as point_date
    from csm_assignments

    union all

    select
        customer_id,
        {{ add_days('assigned_to', 1) }} as point_date
    from csm_assignments
    where assigned_to is not null

    union all

    select
        customer_id,
        valid_from_date as point_date
    from account_spells

    union all

    select
        customer_id,
        valid_from_date as point_date
    from account_groups

),

points as (

    select
        customers.customer_id,
        possible_days.point_date
    from customers
    inner join possible_days
        on
            customers.customer_id = possible_days.customer_id
            and customers.first_date <= possible_days.point_date
    where
        possible_days.point_date <= {{ as_of_date() }}
        or possible_days.point_date = customers.first_date
    group by customers.customer_id, possible_days.point_date

),

csms_at_points as (

    select
        points.customer_id,
        points.point_date,
        csm_assignments.csm_user_id,
        row_number() over (
            partition by points.customer_id, points.point_date
            order by csm_assignments.assigned_from desc, csm_assignments.csm_user_id asc
        ) as assignment_number
    from points
    inner join csm_assignments
        on
            points.customer_id = csm_assignments.customer_id
            and points.point_date >= csm_assignments.assigned_from
            and (
                points.point_date <= csm_assignments.assigned_to
                or csm_assignments.assigned_to is null
            )

),

final as (

    select
        points.customer_id,
        points.point_date,
        account_spells.parent_account_id,
        coalesce(account_groups.group_account_id, points.customer_id)
            as group_account_id,
        account_spells.industry,
        account_spells.employee_count,
        account_spells.country,
        account_spells.sales_channel,
        coalesce(csms_at_points.csm_user_id, account_spells.csm_user_id)
            as csm_user_id,
        cast(coalesce(cmrr_spells.customer_cmrr, 0) as decimal(18, 2))
            as customer_cmrr
    from points
    left join account_spells
        on
            points.customer_id = account_spells.customer_id
            and points.point_date >= account_spells.valid_from_date
            and (
                points.point_date < account_spells.valid_to_date
                or account_spells.valid_to_date is null
            )
    left join account_groups
        on
            points.customer_id = account_groups.customer_id
            and points.point_date >= account_groups.valid_from_date
            and (
                points.point_date < account_groups.valid_to_date
                or account_groups.valid_to_date is null
            )
    left join csms_at_points
        on
            points.customer_id = csms_at_points.customer_id
            and points.point_date = csms_at_points.point_date
            and csms_at_points.assignment_number = 1
    left join cmrr_spells
        on
            points.customer_id = cmrr_spells.customer_id
            and points.point_date >= cmrr_spells.valid_from_date
            and (
                points.point_date < cmrr_spells.valid_to_date
                or cmrr_spells.valid_to_date is null
            )

)

select * from final
