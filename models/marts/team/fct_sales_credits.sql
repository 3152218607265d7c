-- One row per sale or renewal that counts towards a quota, and person it counts for.
-- A renewal may count for two people, so add up within one person.
with

order_owners as (

    select
        order_line_id,
        contract_id,
        owner_user_id
    from {{ ref('int_order_owners') }}

),

movements as (

    select
        movement_id,
        movement_date,
        customer_id,
        contract_id,
        movement_type,
        timing,
        amount,
        order_line_id,
        case
            when movement_type in ('new', 'reactivation') then 'new'
            when movement_type not in ('add_on', 'upgrade') then null
            when driver = 'quantity' then 'upsell'
            when driver = 'product' then 'cross_sell'
        end as quota_type
    from {{ ref('fct_cmrr_movements') }}

),

takeovers as (

    select
        contract_id,
        takeover_date
    from {{ ref('int_renewals_paired') }}
    where not is_return and takeover_date <= {{ as_of_date() }}

),

renewal_lines as (

    select
        order_line_id,
        contract_id,
        customer_id,
        commit_start_date,
        reporting_mrr
    from {{ ref('int_line_commitments') }}
    where order_type = 'renewal' and commit_start_date < commit_end_date

),

portfolios as (

    select
        customer_id,
        csm_user_id,
        valid_from,
        valid_to
    from {{ ref('fct_csm_portfolios') }}

),

takeover_gains as (

    select
        contract_id,
        movement_date,
        sum(case when movement_type = 'upgrade' then amount else 0 end) as upgrade_cmrr,
        bool_or(movement_type = 'archive') as is_archive
    from movements
    where timing = 'renewal'
    group by contract_id, movement_date

),

renewals as (

    select
        takeovers.contract_id,
        takeovers.takeover_date,
        max(renewal_lines.customer_id) as customer_id,
        -- What it adds counts as an upsell, a cross-sell or a higher price.
        sum(renewal_lines.reporting_mrr)
        - coalesce(max(takeover_gains.upgrade_cmrr), 0) as retained_cmrr,
        coalesce(bool_or(takeover_gains.is_archive), false) as is_archive
    from takeovers
    inner join renewal_lines
        on
            takeovers.contract_id = renewal_lines.contract_id
            and takeovers.takeover_date = renewal_lines.commit_start_date
    left join takeover_gains
        on
            takeovers.contract_id = takeover_gains.contract_id
            and takeovers.takeover_date = takeover_gains.movement_date
    group by takeovers.contract_id, takeovers.takeover_date

),

renewal_people as (

    select
        renewal_lines.contract_id,
        order_owners.owner_user_id as user_id
    from renewal_lines
    inner join order_owners
        on renewal_lines.order_line_id = order_owners.order_line_id

    union all

    select
        renewals.contract_id,
        portfolios.csm_user_id as user_id
    from renewals
    inner join portfolios
        on
            renewals.customer_id = portfolios.customer_id
            and renewals.takeover_date >= portfolios.valid_from
            and (
                renewals.takeover_date < portfolios.valid_to
                or portfolios.valid_to is null
            )

),

distinct_renewal_people as (

    select
        contract_id,
        user_id
    from renewal_people
    group by contract_id, user_id

),

credits as (

    select
        movements.movement_id as source_id,
        movements.quota_type,
        order_owners.owner_user_id as user_id,
        movements.movement_date as credit_date,
        movements.customer_id,
        movements.contract_id,
        movements.amount as cmrr
    from movements
    inner join order_owners
        on movements.order_line_id = order_owners.order_line_id
    where movements.quota_type is not null

    union all

    select
        renewals.contract_id as source_id,
        'renewal' as quota_type,
        people.user_id,
        renewals.takeover_date as credit_date,
        renewals.customer_id,
        renewals.contract_id,
        renewals.retained_cmrr as cmrr
    from renewals
    inner join distinct_renewal_people as people
        on renewals.contract_id = people.contract_id
    where not renewals.is_archive and renewals.retained_cmrr <> 0

),

final as (

    select
        {{ surrogate_key(['quota_type', 'source_id', 'user_id']) }} as credit_id,
        user_id,
        quota_type,
        credit_date,
        customer_id,
        contract_id,
        cast(cmrr as decimal(18, 2)) as cmrr,
        cast(12 * cmrr as decimal(18, 2)) as annual_amount
    from credits

)

select * from final
