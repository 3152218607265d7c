"""Days of use from raw events, aggregated in SQL: there are too many events to read."""

from __future__ import annotations

from orchestration.kpi_checks.frames import Tables


def usage_days(tables: Tables, *, of_logins: bool = False) -> str:
    """SQL of a table expression: account, user, feature and local ``day`` of use (or of logins) up
    to the as-of date, of accounts, users and features that stand."""
    return f"""(
        select account_id, end_user_id, feature_name, {tables.local_day("occurred_at")} as day
        from staging.stg_product_usage__events
        semi join staging.stg_crm__accounts using (account_id)
        semi join staging.stg_product_usage__end_users using (end_user_id)
        semi join staging.stg_product_usage__features using (feature_name)
        where feature_name {"=" if of_logins else "<>"} 'login'
            and {tables.local_day("occurred_at")} <= date '{tables.as_of:%Y-%m-%d}'
        group by all
    )"""
