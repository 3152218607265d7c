-- One row per change of a billing document, SKU and contract chain that it touches.
-- A version that says what the one before it said is no change.
with

document_versions as (

    select
        document_type,
        document_id,
        contract_id,
        sku,
        version_number,
        renewed_from_contract_id,
        link_hash,
        content_hash,
        spoke_of_date,
        known_date,
        coalesce(is_deleted, false) as is_deleted
    from {{ ref('int_billing_document_versions') }}

),

versions_compared as (

    select
        versions.document_type,
        versions.contract_id,
        versions.sku,
        older_versions.sku as older_sku,
        older_versions.renewed_from_contract_id as older_renewed_from_contract_id,
        versions.known_date,
        versions.is_deleted,
        least(versions.spoke_of_date, older_versions.spoke_of_date) as spoke_of_date,
        older_versions.document_id is null or older_versions.is_deleted as is_first,
        versions.link_hash <> older_versions.link_hash as is_link_changed,
        versions.content_hash <> older_versions.content_hash as is_content_changed
    from document_versions as versions
    left join document_versions as older_versions
        on
            versions.document_type = older_versions.document_type
            and versions.document_id = older_versions.document_id
            and versions.version_number + 1 = older_versions.version_number
            -- An order has a row per SKU; a line or a notice may change its SKU.
            and (
                versions.document_type <> 'order'
                or versions.sku is not distinct from older_versions.sku
            )

),

changes as (

    select
        *,
        case
            when is_deleted and is_first then null
            when is_deleted then 'voided'
            when document_type = 'notice' and (is_first or is_content_changed)
                then 'backdated_notice'
            when is_first then 'late_order'
            when is_link_changed then 'family_changed'
            when is_content_changed then 'corrected_line'
        end as cause
    from versions_compared

),

changes_by_side as (

    select
        cause,
        contract_id,
        sku,
        spoke_of_date,
        known_date
    from changes

    union all

    select
        cause,
        contract_id,
        older_sku as sku,
        spoke_of_date,
        known_date
    from changes
    where sku is distinct from older_sku and not is_first

    union all

    select
        cause,
        older_renewed_from_contract_id as contract_id,
        sku,
        spoke_of_date,
        known_date
    from changes
    where cause = 'family_changed' and older_renewed_from_contract_id is not null

),

final as (

    select
        cause,
        contract_id,
        sku,
        spoke_of_date,
        known_date
    from changes_by_side
    where cause is not null

)

select * from final
