-- One row per account and spell: the account at the top of its hierarchy, as it was.
-- A hierarchy that comes back to itself has no top; each of its accounts stands alone.
with recursive

account_spells as (

    select
        account_id,
        parent_account_id,
        valid_from_date,
        coalesce(valid_to_date, cast('9999-12-31' as date)) as valid_to_date
    from {{ ref('int_account_spells') }}

),

known_accounts as (

    select account_id
    from account_spells
    group by account_id

),

parent_spells as (

    select
        account_spells.account_id,
        known_accounts.account_id as parent_account_id,
        account_spells.valid_from_date,
        account_spells.valid_to_date
    from account_spells
    left join known_accounts
        on account_spells.parent_account_id = known_accounts.account_id

),

climbs as (

    select
        account_id,
        account_id as top_account_id,
        parent_account_id as next_account_id,
        '|' || account_id || '|' as path,
        false as is_circular,
        valid_from_date,
        valid_to_date
    from parent_spells

    union all

    select
        climbs.account_id,
        parents.account_id as top_account_id,
        case
            when climbs.path not like '%|' || parents.account_id || '|%'
                then parents.parent_account_id
        end as next_account_id,
        climbs.path || parents.account_id || '|' as path,
        climbs.path like '%|' || parents.account_id || '|%' as is_circular,
        greatest(climbs.valid_from_date, parents.valid_from_date) as valid_from_date,
        least(climbs.valid_to_date, parents.valid_to_date) as valid_to_date
    from climbs
    inner join parent_spells as parents
        on
            climbs.next_account_id = parents.account_id
            and climbs.valid_from_date < parents.valid_to_date
            and climbs.valid_to_date > parents.valid_from_date

),

final as (

    select
        account_id,
        case when is_circular then account_id else top_account_id end
            as group_account_id,
        valid_from_date,
        case
            when valid_to_date < cast('9999-12-31' as date) then valid_to_date
        end as valid_to_date
    from climbs
    where next_account_id is null

)

select * from final
