"""The landing contract in short: every table the loader hands over, its columns and their types.

A column reads ``name type flags``; flags: ``key``, ``null`` (may be null), ``-> source.table``
(names a row of that table). ``loaded_at timestamp`` closes every table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Column:
    """A column of a landing table. ``parent``: (source, table) that it names, if any."""

    name: str
    type: str
    is_key: bool = False
    is_nullable: bool = False
    parent: tuple[str, str] | None = None


_TEXT = """
crm.accounts
  account_id varchar key; account_name varchar; parent_account_id varchar null -> crm.accounts
  industry varchar null; employee_count integer null; country varchar null
  sales_channel varchar null; owner_user_id varchar null -> crm.users
  csm_user_id varchar null -> crm.users; created_at timestamp; updated_at timestamp
  is_referenceable boolean null; is_deleted boolean
crm.contacts
  contact_id varchar key; account_id varchar -> crm.accounts; full_name varchar null
  email varchar null; title varchar null; contact_role varchar null; departed_at timestamp null
  created_at timestamp; updated_at timestamp; is_deleted boolean
crm.users
  user_id varchar key; full_name varchar; user_role varchar
  manager_user_id varchar null -> crm.users; is_active boolean; created_at timestamp
  updated_at timestamp
crm.leads
  lead_id varchar key; lead_source varchar null; created_at timestamp; trial_type varchar null
  trial_started_at timestamp null; trial_ended_at timestamp null; converted_at timestamp null
  converted_account_id varchar null -> crm.accounts; updated_at timestamp
crm.opportunities
  opportunity_id varchar key; account_id varchar -> crm.accounts; opportunity_type varchar
  stage varchar; amount decimal(18,2) null; currency varchar; lead_source varchar null
  is_trial_conversion boolean; created_at timestamp; close_date date null; is_closed boolean
  is_won boolean; owner_user_id varchar null -> crm.users; updated_at timestamp
  is_deleted boolean
crm.activities
  activity_id varchar key; account_id varchar -> crm.accounts
  contact_id varchar null -> crm.contacts; contract_id varchar null -> billing.contracts
  user_id varchar null -> crm.users; activity_type varchar; occurred_at timestamp
  subject varchar null
crm.quotas
  user_id varchar key -> crm.users; quota_type varchar key; period_start date key
  period_end date; amount decimal(18,2)
billing.products
  sku varchar key; product_name varchar; product_line varchar; charge_type varchar
  unit_of_measure varchar; is_archive boolean; bundle_sku varchar null -> billing.products
  updated_at timestamp
billing.contracts
  contract_id varchar key; account_id varchar -> crm.accounts
  renewed_from_contract_id varchar null -> billing.contracts; signed_at timestamp
  start_date date; end_date date; billing_frequency varchar; auto_renews boolean
  non_renewal_reason_code varchar null; currency varchar; created_at timestamp
  updated_at timestamp; is_deleted boolean
billing.orders
  order_id varchar key; contract_id varchar -> billing.contracts
  opportunity_id varchar null -> crm.opportunities; order_type varchar; signed_at timestamp
  created_at timestamp; updated_at timestamp; is_deleted boolean
billing.order_lines
  order_line_id varchar key; order_id varchar -> billing.orders
  sku varchar -> billing.products; quantity decimal(18,4); list_unit_price decimal(18,4)
  discount_percent decimal(9,4); service_start_date date; service_end_date date
  prior_order_line_id varchar null -> billing.order_lines; change_reason_code varchar null
  change_comment varchar null; updated_at timestamp; is_deleted boolean
billing.cancellations
  cancellation_id varchar key; contract_id varchar -> billing.contracts
  sku varchar null -> billing.products; notified_at timestamp; effective_date date
  reason_code varchar null; comment varchar null; updated_at timestamp; is_deleted boolean
billing.quotes
  quote_id varchar key; contract_id varchar -> billing.contracts; sent_at timestamp
  annual_amount decimal(18,2); currency varchar; status varchar; updated_at timestamp
billing.invoices
  invoice_id varchar key; account_id varchar -> crm.accounts
  contract_id varchar null -> billing.contracts; invoice_date date; due_date date
  currency varchar; total_amount decimal(18,2); status varchar; updated_at timestamp
billing.invoice_lines
  invoice_line_id varchar key; invoice_id varchar -> billing.invoices
  order_line_id varchar null -> billing.order_lines; sku varchar null -> billing.products
  line_type varchar; service_start_date date null; service_end_date date null
  amount decimal(18,2)
billing.payments
  payment_id varchar key; invoice_id varchar -> billing.invoices; paid_at timestamp
  amount decimal(18,2); currency varchar; status varchar
billing.exchange_rates
  rate_date date key; currency varchar key; rate decimal(18,8)
ledger.gl_accounts
  account_number varchar key; account_name varchar; account_class varchar
ledger.journal_lines
  journal_line_id varchar key; journal_id varchar; posting_date date
  account_number varchar -> ledger.gl_accounts
  customer_account_id varchar null -> crm.accounts; sku varchar null -> billing.products
  service_month date null; entry_source varchar; debit_amount decimal(18,2)
  credit_amount decimal(18,2); memo varchar null; posted_at timestamp
ledger.fiscal_periods
  period_start date key; period_end date; fiscal_year integer; fiscal_quarter integer
  closed_at timestamp null
product_usage.end_users
  end_user_id varchar key; account_id varchar -> crm.accounts
  contact_id varchar null -> crm.contacts; created_at timestamp; deactivated_at timestamp null
  updated_at timestamp
product_usage.licence_events
  licence_event_id varchar key; account_id varchar -> crm.accounts
  end_user_id varchar -> product_usage.end_users; sku varchar -> billing.products
  event_type varchar; occurred_at timestamp
product_usage.features
  feature_name varchar key; sku varchar -> billing.products; is_sticky boolean
  released_at timestamp
product_usage.events
  event_id varchar key; account_id varchar -> crm.accounts
  end_user_id varchar -> product_usage.end_users
  feature_name varchar -> product_usage.features; platform varchar; occurred_at timestamp
  received_at timestamp
product_usage.meter_readings
  account_id varchar key -> crm.accounts; sku varchar key -> billing.products
  reading_date date key; units_consumed decimal(18,4)
product_usage.experiment_exposures
  exposure_id varchar key; experiment_name varchar; variant varchar
  end_user_id varchar -> product_usage.end_users; exposed_at timestamp
  converted_at timestamp null
product_usage.service_levels
  account_id varchar key -> crm.accounts; measured_month date key; sla_name varchar key
  target_value decimal(9,4); actual_value decimal(9,4)
support.tickets
  ticket_id varchar key; account_id varchar -> crm.accounts
  contact_id varchar null -> crm.contacts; assignee_user_id varchar null -> crm.users
  ticket_type varchar; priority varchar; status varchar; created_at timestamp
  first_response_at timestamp null; solved_at timestamp null; resolution_due_at timestamp null
  escalated_at timestamp null; updated_at timestamp
surveys.invitations
  invitation_id varchar key; survey_type varchar; survey_kind varchar; touchpoint varchar null
  account_id varchar -> crm.accounts; contact_id varchar -> crm.contacts; sent_at timestamp
surveys.responses
  response_id varchar key; invitation_id varchar -> surveys.invitations; score integer
  comment varchar null; responded_at timestamp; updated_at timestamp
success.onboarding_projects
  project_id varchar key; account_id varchar -> crm.accounts
  contract_id varchar -> billing.contracts; success_measures_agreed_at timestamp null
  planned_go_live_date date; went_live_at timestamp null; first_value_at timestamp null
  updated_at timestamp
success.onboarding_milestones
  milestone_id varchar key; project_id varchar -> success.onboarding_projects
  milestone_type varchar; planned_date date; completed_at timestamp null
  first_decision varchar null; decided_at timestamp null; updated_at timestamp
success.success_measures
  measure_id varchar key; account_id varchar -> crm.accounts; measure_name varchar; unit varchar
  baseline_value decimal(18,4); target_value decimal(18,4); actual_value decimal(18,4) null
  annual_value decimal(18,2) null; measured_at timestamp null; target_met_at timestamp null
  updated_at timestamp
success.health_checks
  health_check_id varchar key; account_id varchar -> crm.accounts
  csm_user_id varchar null -> crm.users; scheduled_date date; completed_at timestamp null
  updated_at timestamp
success.risks
  risk_id varchar key; account_id varchar -> crm.accounts; raised_by varchar; risk_level varchar
  reason_code varchar; comment varchar null; action_plan varchar null; intention varchar null
  opened_at timestamp; resolved_at timestamp null; resolution varchar null; updated_at timestamp
success.advocacy_events
  advocacy_event_id varchar key; account_id varchar -> crm.accounts
  contact_id varchar null -> crm.contacts; event_type varchar
  referred_account_id varchar null -> crm.accounts; occurred_at timestamp
success.csm_assignments
  account_id varchar key -> crm.accounts; assigned_from date key; assigned_to date null
  csm_user_id varchar -> crm.users
marketing.email_sends
  email_send_id varchar key; contact_id varchar -> crm.contacts
  account_id varchar -> crm.accounts; campaign_name varchar; sent_at timestamp
  opened_at timestamp null; clicked_at timestamp null; unsubscribed_at timestamp null
  updated_at timestamp
marketing.event_attendances
  attendance_id varchar key; contact_id varchar -> crm.contacts
  account_id varchar -> crm.accounts; event_name varchar; event_type varchar
  attended_at timestamp
marketing.community_posts
  post_id varchar key; contact_id varchar -> crm.contacts; account_id varchar -> crm.accounts
  post_type varchar; posted_at timestamp
"""


def _column(text: str) -> Column:
    declared, _, parent = (part.strip() for part in text.partition("->"))
    name, kind, *flags = declared.split()
    return Column(
        name,
        kind,
        is_key="key" in flags,
        is_nullable="null" in flags,
        parent=tuple(parent.split(".")) if parent else None,  # type: ignore[arg-type]
    )


@cache
def tables() -> dict[tuple[str, str], list[Column]]:
    """Every landing table, (source, table), with its columns in order, ``loaded_at`` last."""
    found: dict[tuple[str, str], list[Column]] = {}
    columns: list[Column] = []
    for row in _TEXT.strip().splitlines():
        if not row.startswith(" "):
            source, table = row.split(".")
            columns = found[source, table] = []
            continue
        columns.extend(_column(part) for part in row.split(";") if part.strip())
    for columns in found.values():
        columns.append(Column("loaded_at", "timestamp"))
    return found
