-- Lift and the holders of both do not depend on which SKU is named first, and nobody
-- holds both without holding each. A pair found one way only would break the symmetry.
select
    pairs.month,
    pairs.sku,
    pairs.other_sku,
    pairs.lift,
    reversed_pairs.lift as reversed_lift
from {{ ref('rpt_product_affinity') }} as pairs
left join {{ ref('rpt_product_affinity') }} as reversed_pairs
    on
        pairs.month = reversed_pairs.month
        and pairs.sku = reversed_pairs.other_sku
        and pairs.other_sku = reversed_pairs.sku
where
    pairs.lift is distinct from reversed_pairs.lift
    or pairs.holders_of_both is distinct from reversed_pairs.holders_of_both
    or pairs.holders_of_both > pairs.holders
