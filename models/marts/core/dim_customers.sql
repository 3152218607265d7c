-- One row per CRM account that ever signed a contract, as it is on the as-of date.
-- An account that the CRM lost or spoilt stays, under its last known name.
with

contracts as (

    select
        contract_id,
        account_id,
        customer_id,
        signed_date,
        end_date
    from {{ ref('int_contract_families') }}

),

accounts as (

    select
        account_id,
        parent_account_id,
        industry,
        employee_count,
        country,
        sales_channel,
        csm_user_id,
        is_referenceable
    from {{ ref('base_crm__accounts') }}
    where version_number = 1

),

account_names as (

    select
        account_id,
        account_name,
        row_number()
            over (partition by account_id order by version_number)
            as name_number
    from {{ ref('base_crm__accounts') }}
    where account_name is not null

),

csm_assignments as (

    select
        account_id,
        csm_user_id,
        row_number() over (
            partition by account_id order by assigned_from desc, csm_user_id asc
        ) as assignment_number
    from {{ ref('stg_success__csm_assignments') }}
    where
        assigned_from <= {{ as_of_date() }}
        and (assigned_to >= {{ as_of_date() }} or assigned_to is null)

),

onboarding_projects as (

    select
        account_id,
        {{ local_date('went_live_at') }} as went_live_date
    from {{ ref('stg_success__onboarding_projects') }}

),

onboarding as (

    select
        account_id,
        min(went_live_date) filter (where went_live_date <= {{ as_of_date() }})
            as first_live_date,
        bool_or(went_live_date is null or went_live_date > {{ as_of_date() }})
            as is_onboarding
    from onboarding_projects
    group by account_id

),

commitments as (

    select
        customer_id,
        contract_id,
        reporting_mrr,
        is_archive,
        commit_start_date <= {{ as_of_date() }}
        and commit_end_date > {{ as_of_date() }} as is_committed,
        service_start_date <= {{ as_of_date() }}
        and service_over_date > {{ as_of_date() }} as is_in_service
    from {{ ref('int_line_commitments') }}

),

levels as (

    select
        commitments.customer_id,
        coalesce(
            sum(commitments.reporting_mrr) filter (where commitments.is_committed), 0
        )
            as cmrr,
        coalesce(
            sum(commitments.reporting_mrr) filter (where commitments.is_in_service), 0
        )
            as recognised_mrr,
        coalesce(
            sum(commitments.reporting_mrr) filter (
                where commitments.is_committed and not commitments.is_archive
            ),
            0
        ) as cmrr_outside_archive,
        coalesce(
            bool_or(
                contracts.end_date between {{ as_of_date() }}
                and {{ add_days(as_of_date(), 120) }}
            ) filter (
                where commitments.is_committed and commitments.reporting_mrr <> 0
            ),
            false
        ) as is_due_soon
    from commitments
    inner join contracts
        on commitments.contract_id = contracts.contract_id
    group by commitments.customer_id

),

losses as (

    select
        customer_id,
        max(change_date) as lost_date
    from {{ ref('int_cmrr_change_points') }}
    where customer_cmrr <= 0 and customer_cmrr_before > 0
    group by customer_id

),

signatures as (

    select
        account_id as customer_id,
        min(signed_date) as first_signed_date
    from contracts
    group by account_id

),

regions as (

    select
        country,
        region
    from {{ ref('regions') }}

),

employee_bands as (

    select
        employee_band,
        minimum_employees,
        lead(minimum_employees)
            over (order by minimum_employees)
            as next_minimum_employees
    from {{ ref('employee_bands') }}

),

customer_segments as (

    select
        segment,
        minimum_annual_cmrr,
        lead(minimum_annual_cmrr) over (order by minimum_annual_cmrr)
            as next_minimum_annual_cmrr
    from {{ ref('customer_segments') }}

),

customers as (

    select
        signatures.customer_id,
        account_names.account_name as customer_name,
        accounts.parent_account_id as parent_customer_id,
        accounts.industry,
        accounts.employee_count,
        accounts.country,
        accounts.sales_channel,
        coalesce(csm_assignments.csm_user_id, accounts.csm_user_id) as csm_user_id,
        coalesce(levels.cmrr, 0) as cmrr,
        coalesce(levels.recognised_mrr, 0) as recognised_mrr,
        coalesce(levels.cmrr_outside_archive, 0) as cmrr_outside_archive,
        coalesce(levels.is_due_soon, false) as is_due_soon,
        coalesce(onboarding.is_onboarding, false) as is_onboarding,
        coalesce(accounts.is_referenceable, false) as is_referenceable,
        onboarding.first_live_date,
        signatures.first_signed_date,
        case when coalesce(levels.cmrr, 0) <= 0 then losses.lost_date end
            as churned_date
    from signatures
    left join accounts
        on signatures.customer_id = accounts.account_id
    left join account_names
        on
            signatures.customer_id = account_names.account_id
            and account_names.name_number = 1
    left join csm_assignments
        on
            signatures.customer_id = csm_assignments.account_id
            and csm_assignments.assignment_number = 1
    left join onboarding
        on signatures.customer_id = onboarding.account_id
    left join levels
        on signatures.customer_id = levels.customer_id
    left join losses
        on signatures.customer_id = losses.customer_id

),

final as (

    select
        customers.customer_id,
        customers.customer_name,
        customers.parent_customer_id,
        customers.industry,
        employee_bands.employee_band,
        customers.country,
        regions.region,
        customers.sales_channel,
        customer_segments.segment,
        customers.csm_user_id,
        case
            when customers.cmrr <= 0 then 'churned'
            when customers.is_onboarding then 'onboarding'
            when customers.is_due_soon then 'renewing'
            when
                customers.first_live_date + interval 12 month > {{ as_of_date() }}
                then 'adopting'
            else 'established'
        end as lifecycle_stage,
        customers.first_signed_date,
        customers.churned_date,
        {{ full_months(
            'customers.first_signed_date',
            'coalesce(customers.churned_date, ' ~ as_of_date() ~ ')'
        ) }} as tenure_months,
        cast(customers.cmrr as decimal(18, 2)) as cmrr,
        cast(customers.recognised_mrr as decimal(18, 2)) as recognised_mrr,
        customers.cmrr > 0 as is_active,
        customers.cmrr > 0 and customers.cmrr_outside_archive <= 0 as is_archive_only,
        customers.is_referenceable
    from customers
    left join regions
        on customers.country = regions.country
    left join employee_bands
        on
            customers.employee_count >= employee_bands.minimum_employees
            and (
                customers.employee_count < employee_bands.next_minimum_employees
                or employee_bands.next_minimum_employees is null
            )
    inner join customer_segments
        on
            12 * greatest(customers.cmrr, 0) >= customer_segments.minimum_annual_cmrr
            and (
                12 * greatest(customers.cmrr, 0)
                < customer_segments.next_minimum_annual_cmrr
                or customer_segments.next_minimum_annual_cmrr is null
            )

)

select * from final
