{% macro usage_settings() -%}
    {#- What every day of use is counted by: with other settings all is counted anew. -#}
    {%- if not execute -%}
        {%- do ref('base_product_usage__features') -%}
        {%- do ref('base_billing__products') -%}
        {{ return('') }}
    {%- endif -%}
    {%- set found = run_query(
        "select coalesce(" ~ dbt.hash(dbt.listagg(
            "coalesce(feature_name, '') || '|' || coalesce(sku, '') || '|'"
            ~ " || coalesce(cast(is_sticky as varchar), '') || '|'"
            ~ " || coalesce(cast(released_at as varchar), '') || '|' || row_status",
            "','",
            "order by row_key"
        )) ~ ", '') as settings from " ~ ref('base_product_usage__features')
        ~ " where version_number = 1"
    ) -%}
    {%- set products = run_query(
        "select coalesce(" ~ dbt.hash(dbt.listagg(
            "coalesce(sku, '') || '|' || coalesce(bundle_sku, '') || '|'"
            ~ " || coalesce(unit_of_measure, '') || '|' || coalesce(charge_type, '')",
            "','",
            "order by row_key"
        )) ~ ", '') as settings from " ~ ref('base_billing__products')
        ~ " where version_number = 1"
    ) -%}
    {{ return(
        [
            var('time_zone'),
            var('usage_late_days'),
            found.rows[0]['settings'],
            products.rows[0]['settings'],
        ] | join(' ')
    ) }}
{%- endmacro %}
