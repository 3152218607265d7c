"""The sample company writes to the very contract that the project checks."""

from __future__ import annotations

from orchestration.contract import read_contract
from sample_company.landing_contract import tables


def test_the_company_and_the_project_have_one_contract() -> None:
    ours = {
        f"{source}.{table}": [
            (
                column.name,
                column.type,
                column.is_key,
                column.is_nullable,
                ".".join(column.parent) if column.parent else None,
            )
            for column in columns
        ]
        for (source, table), columns in tables().items()
    }
    theirs = {
        table.label: [
            (
                column.name,
                column.data_type,
                column.name in table.key,
                column.is_nullable,
                column.references,
            )
            for column in table.columns
        ]
        for table in read_contract()
    }
    assert ours == theirs
