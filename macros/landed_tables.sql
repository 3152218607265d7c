{% macro landed_tables() -%}
    {%- set tables = {
        'crm': [
            'accounts', 'contacts', 'users', 'leads', 'opportunities', 'activities', 'quotas',
        ],
        'billing': [
            'products', 'contracts', 'orders', 'order_lines', 'cancellations', 'quotes',
            'invoices', 'invoice_lines', 'payments', 'exchange_rates',
        ],
        'ledger': ['gl_accounts', 'journal_lines', 'fiscal_periods'],
        'product_usage': [
            'end_users', 'licence_events', 'features', 'events', 'meter_readings',
            'experiment_exposures', 'service_levels',
        ],
        'support': ['tickets'],
        'surveys': ['invitations', 'responses'],
        'success': [
            'onboarding_projects', 'onboarding_milestones', 'success_measures',
            'health_checks', 'risks', 'advocacy_events', 'csm_assignments',
        ],
        'marketing': ['email_sends', 'event_attendances', 'community_posts'],
    } -%}
    {%- set pairs = [] -%}
    {%- for source_name, table_names in tables.items() -%}
        {%- for table_name in table_names -%}
            {%- do pairs.append((source_name, table_name)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(pairs) }}
{%- endmacro %}
