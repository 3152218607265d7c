{% macro cmrr_to_ledger_steps() -%}
    {{ return([
        ('cmrr', 'level', none),
        ('booked_not_live', 'difference', '-'),
        ('held_over', 'difference', '-'),
        ('notice_not_effective', 'difference', '+'),
        ('unsigned_in_service', 'difference', '+'),
        ('recognised_mrr', 'level', none),
        ('part_month', 'difference', '+'),
        ('currency_difference', 'difference', '+'),
        ('expected_revenue', 'level', none),
        ('credit', 'difference', '+'),
        ('manual', 'difference', '+'),
        ('timing', 'difference', '+'),
        ('unexplained', 'difference', '+'),
        ('ledger_revenue', 'level', none),
    ]) }}
{%- endmacro %}
