{% macro kpi_slice_case(slices, part) -%}
    {%- if not slices -%}
        {{ return("'total'" if part == 'name' else "'all'") }}
    {%- endif -%}
    case
        {%- for slice in slices %}
        when grouping({{ slice }}) = 0
            then {{ "'" ~ slice ~ "'" if part == 'name' else slice }}
        {%- endfor %}
        else {{ "'total'" if part == 'name' else "'all'" }}
    end
{%- endmacro %}
