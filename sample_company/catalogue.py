"""What the company sells: products, price lists, and the features each product opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Product:
    """A SKU. ``price``: list price in USD, per unit per year (recurring) or per unit."""

    sku: str
    name: str
    line: str
    charge_type: str  # recurring | usage | one_time
    unit: str  # seat | thousand_calls | flat
    price: Decimal
    is_archive: bool = False
    bundle_sku: str | None = None


def _product(
    sku: str,
    name: str,
    line: str,
    charge_type: str,
    unit: str,
    price: str,
    is_archive: bool = False,
    bundle_sku: str | None = None,
) -> Product:
    return Product(sku, name, line, charge_type, unit, Decimal(price), is_archive, bundle_sku)


PRODUCTS: dict[str, Product] = {
    product.sku: product
    for product in (
        _product("PLAN-ESS", "Planning Essentials", "Planning", "recurring", "seat", "264"),
        _product("PLAN-PRO", "Planning Professional", "Planning", "recurring", "seat", "492"),
        _product("PLAN-ENT", "Planning Enterprise", "Planning", "recurring", "seat", "780"),
        _product("FIELD-MOB", "Field Mobile", "Field", "recurring", "seat", "186"),
        _product("FIELD-DSP", "Field Dispatch Board", "Field", "recurring", "seat", "330"),
        _product("INS-STD", "Insight Dashboards", "Insight", "recurring", "seat", "150"),
        _product("INS-ADV", "Insight Advanced", "Insight", "recurring", "seat", "336"),
        _product("SUITE-OPS", "Operations Suite", "Suite", "recurring", "seat", "960"),
        _product(
            "SUITE-PLN",
            "Operations Suite: Planning",
            "Suite",
            "recurring",
            "seat",
            "615",
            bundle_sku="SUITE-OPS",
        ),
        _product(
            "SUITE-INS",
            "Operations Suite: Insight",
            "Suite",
            "recurring",
            "seat",
            "245",
            bundle_sku="SUITE-OPS",
        ),
        _product("CON-HUB", "Connect Hub", "Connect", "recurring", "flat", "11400"),
        _product("CON-ERP", "ERP Connector", "Connect", "recurring", "flat", "7800"),
        _product("API-OPEN", "Open API", "Connect", "recurring", "thousand_calls", "1.85"),
        _product("API-SENS", "Sensor Ingest", "Connect", "recurring", "thousand_calls", "0.925"),
        _product("SUP-PREM", "Premium Support", "Assurance", "recurring", "flat", "8900"),
        _product("DATA-RES", "Regional Data Residency", "Assurance", "recurring", "flat", "6250"),
        _product("AUD-TRL", "Audit Trail", "Assurance", "recurring", "flat", "4700"),
        _product("SBX-ENV", "Sandbox Environment", "Assurance", "recurring", "flat", "3650"),
        _product("COM-SEAT", "Community Viewer Seats", "Planning", "recurring", "seat", "0"),
        _product("ARC-RO", "Read-only Archive", "Archive", "recurring", "flat", "950", True),
        _product(
            "ARC-EXP", "Read-only Archive with Export", "Archive", "recurring", "flat", "2450", True
        ),
        _product("API-OVER", "Open API Overage", "Connect", "usage", "thousand_calls", "2.40"),
        _product("MSG-USE", "Text Notifications", "Field", "usage", "thousand_calls", "14.50"),
        _product("SVC-IMP", "Guided Implementation", "Services", "one_time", "flat", "7500"),
        _product("SVC-MIG", "Data Migration", "Services", "one_time", "flat", "5200"),
        _product("SVC-TRN", "Training Day", "Services", "one_time", "flat", "1650"),
    )
}

RECURRING = [p.sku for p in PRODUCTS.values() if p.charge_type == "recurring"]
ARCHIVE = [p.sku for p in PRODUCTS.values() if p.is_archive]
CORE = ["PLAN-ESS", "PLAN-PRO", "PLAN-ENT", "SUITE-OPS"]
SEAT_EXTRAS = ["FIELD-MOB", "FIELD-DSP", "INS-STD", "INS-ADV"]
FLAT_EXTRAS = ["CON-HUB", "CON-ERP", "SUP-PREM", "DATA-RES", "AUD-TRL", "SBX-ENV"]
METERED = ["API-OPEN", "API-SENS"]
ONE_TIME = ["SVC-IMP", "SVC-MIG", "SVC-TRN"]

# What a customer moves up to, or down to, when it changes plan.
MIGRATIONS = {
    "PLAN-ESS": ["PLAN-PRO"],
    "PLAN-PRO": ["PLAN-ENT", "PLAN-ESS", "SUITE-OPS"],
    "PLAN-ENT": ["SUITE-OPS", "PLAN-PRO"],
    "SUITE-OPS": ["PLAN-ENT"],
    "INS-STD": ["INS-ADV"],
    "INS-ADV": ["INS-STD"],
    "FIELD-MOB": ["FIELD-DSP"],
    "FIELD-DSP": ["FIELD-MOB"],
    "CON-ERP": ["CON-HUB"],
    "API-SENS": ["API-OPEN"],
}
# One plan split into several products.
SPLITS = {"PLAN-ENT": ["PLAN-PRO", "INS-STD"], "SUITE-OPS": ["SUITE-PLN", "SUITE-INS"]}

PRICE_FACTOR = {"USD": Decimal("1"), "EUR": Decimal("0.94"), "GBP": Decimal("0.81")}


def list_price(sku: str, currency: str, day: date) -> Decimal:
    """List price of a SKU on a day in a currency: the price list rises by 4 % each January."""
    product = PRODUCTS[sku]
    years = max(0, day.year - 2020)
    raised = product.price * PRICE_FACTOR[currency] * (Decimal("1.04") ** years)
    step = Decimal("0.001") if product.unit == "thousand_calls" else Decimal("0.5")
    return (raised / step).quantize(Decimal(1)) * step


# SKU -> features that it opens: (feature name, sticky). 'login' opens with every product.
FEATURES: dict[str, list[tuple[str, bool]]] = {
    "PLAN-ESS": [
        ("login", False),
        ("weekly_plan", True),
        ("capacity_view", False),
        ("plan_export", False),
    ],
    "PLAN-PRO": [("scenario_planning", True), ("shift_rules", False), ("plan_approval", True)],
    "PLAN-ENT": [
        ("multi_site_plan", True),
        ("cost_forecast", False),
        ("constraint_solver", True),
        ("role_policies", False),
    ],
    "FIELD-MOB": [("job_checklist", True), ("photo_report", False), ("offline_sync", False)],
    "FIELD-DSP": [("dispatch_board", True), ("route_suggestion", False)],
    "INS-STD": [("dashboard_view", True), ("scheduled_report", False)],
    "INS-ADV": [("custom_metric", True), ("what_if_chart", False), ("data_share", False)],
    "SUITE-OPS": [("suite_home", True), ("cross_team_plan", True), ("goal_tracking", False)],
    "SUITE-PLN": [("suite_plan", True), ("suite_calendar", False)],
    "SUITE-INS": [("suite_insight", True), ("suite_alerts", False)],
    "CON-HUB": [("flow_builder", True), ("connector_monitor", False)],
    "CON-ERP": [("erp_sync", True), ("erp_mapping", False)],
    "API-OPEN": [("api_call", True), ("api_console", False)],
    "API-SENS": [("sensor_stream", True), ("threshold_alert", False)],
    "SUP-PREM": [("priority_desk", False)],
    "DATA-RES": [("residency_console", False)],
    "AUD-TRL": [("audit_search", False), ("audit_export", False)],
    "SBX-ENV": [("sandbox_refresh", False)],
    "COM-SEAT": [("plan_viewer", False)],
    "ARC-RO": [("archive_search", False)],
    "ARC-EXP": [("archive_export", False)],
}

AVOIDABLE_REASONS = [
    "return_not_realised",
    "stalled_implementation",
    "lost_sponsor",
    "low_adoption",
    "missing_features",
    "new_leadership",
    "quality_or_performance",
    "wrong_solution",
    "human_factor",
    "price",
    "right_sizing",
]
UNAVOIDABLE_REASONS = ["acquired", "out_of_business", "merged", "bankrupt"]
REASON_CODES = AVOIDABLE_REASONS + UNAVOIDABLE_REASONS

REASON_COMMENTS: dict[str, list[str]] = {
    "return_not_realised": [
        "Could not show the savings in the business case",
        "Finance did not see the return after a year",
    ],
    "stalled_implementation": [
        "Never got past the ERP integration",
        "Roll-out stopped after the pilot site",
    ],
    "lost_sponsor": [
        "Our operations director left and nobody owns it",
        "Sponsor moved on, project parked",
    ],
    "low_adoption": [
        "Planners went back to spreadsheets",
        "Only the head office logs in",
        "Half of the seats were never used",
    ],
    "missing_features": [
        "Need night-shift rules across sites",
        "No support for union agreements",
        "Roadmap item for skills matching slipped twice",
    ],
    "new_leadership": [
        "New COO standardises on the group's tool",
        "New leadership is reviewing all vendors",
    ],
    "quality_or_performance": [
        "Plan takes minutes to load at month end",
        "Too many sync failures in the autumn",
    ],
    "wrong_solution": ["We needed a rostering tool, not planning", "Bought too much for our size"],
    "human_factor": [
        "Relationship with the account team broke down",
        "Promised workshops did not take place",
    ],
    "price": ["Renewal quote above budget", "A cheaper offer is good enough for us"],
    "right_sizing": ["Fewer sites than planned", "Adjusting seats to head count"],
    "acquired": [
        "Bought by a group with its own planning suite",
        "Integration into the new parent's systems",
    ],
    "out_of_business": ["Site closed, operations wound down"],
    "merged": ["Merged with a sister company, one contract stays"],
    "bankrupt": ["In administration since spring"],
}
