{% macro frozen_figures_hash(amounts) -%}
    md5(coalesce(
        {{ dbt.listagg(
            surrogate_key(['customer_id', 'contract_family_id', 'sku'] + amounts),
            "''",
            'order by contract_family_id, sku'
        ) }},
        ''
    ))
{%- endmacro %}
