"""A company of one customer, small enough to refresh again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from landing_maker import write_landing
from orchestration.drills.project import NEEDED_ROOMS, copy_project

DAY = "2025-01-01 09:00:00"
ONE_CUSTOMER = {
    ("crm", "accounts"): [
        {"account_id": "A1", "account_name": "Acme", "country": "DE", "created_at": DAY}
    ],
    ("billing", "products"): [
        {
            "sku": "SEAT",
            "product_name": "Seats",
            "product_line": "Core",
            "charge_type": "recurring",
            "unit_of_measure": "seat",
            "is_archive": False,
        }
    ],
    ("billing", "contracts"): [
        {
            "contract_id": "C1",
            "account_id": "A1",
            "signed_at": DAY,
            "start_date": "2025-01-01",
            "end_date": "2025-12-31",
            "billing_frequency": "annual",
            "auto_renews": False,
            "currency": "USD",
            "created_at": DAY,
        }
    ],
    ("billing", "orders"): [
        {
            "order_id": "O1",
            "contract_id": "C1",
            "order_type": "new",
            "signed_at": DAY,
            "created_at": DAY,
        }
    ],
    ("billing", "order_lines"): [
        {
            "order_line_id": "L1",
            "order_id": "O1",
            "sku": "SEAT",
            "quantity": 10,
            "list_unit_price": 120,
            "discount_percent": 0,
            "service_start_date": "2025-01-01",
            "service_end_date": "2025-12-31",
        }
    ],
}


@pytest.fixture(scope="session")
def one_customer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Landing data of one customer with 100 USD of CMRR, loaded on 2025-02-15."""
    loaded = {"updated_at": DAY, "loaded_at": "2025-02-15 06:00:00"}
    rows = {table: [{**row, **loaded} for row in given] for table, given in ONE_CUSTOMER.items()}
    return write_landing(tmp_path_factory.mktemp("one_customer"), rows)


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    """A copy of the project that a test may break; of the rooms, those that any refresh needs."""
    return copy_project(tmp_path / "project", NEEDED_ROOMS)
