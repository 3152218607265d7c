"""Order lines that are held on a day: in service, or held over."""

from __future__ import annotations

import pandas as pd

from orchestration.kpi_checks.frames import Tables

LINE = ["customer_id", "sku", "quantity", "starts", "over", "committed", "committed_until"]


def lines_held(tables: Tables, asked: pd.DataFrame) -> pd.DataFrame:
    """Each row of ``asked`` (``customer_id`` and ``day``) once for every order line of a recurring
    SKU that the customer holds on the day, with ``sku``, ``quantity`` and ``is_seat``."""
    lines = tables("intermediate.int_line_commitments").rename(
        columns={
            "service_start_date": "starts",
            "service_over_date": "over",
            "commit_start_date": "committed",
            "commit_end_date": "committed_until",
        }
    )
    products = tables("staging.stg_billing__products")
    seats = products.loc[products["unit_of_measure"] == "seat", "sku"]
    pairs = asked.merge(lines[LINE], on="customer_id")
    day, over = pairs["day"], pairs[["over", "starts"]].max(axis=1)
    in_service = (pairs["starts"] <= day) & (day < over)
    held_over = (over <= day) & (pairs["committed"] <= day) & (day < pairs["committed_until"])
    held = pairs[in_service | held_over]
    return held.assign(is_seat=held["sku"].isin(seats))
