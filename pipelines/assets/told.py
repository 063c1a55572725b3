"""What the UI says of an asset before anything has run: columns, page, freshness; and failing rows as a table. Not for counts and previews (preview.py)."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from pipelines.catalog import catalog
from pipelines.contracts import TableContract
from pipelines.settings import ROOT

OWNERS = ["team:rotation"]
NOT_LIVE = ("exchange", "drop")  # a library and a folder: no provider that could be late

# A run after the close of 16:00 New York has landed by 20:00. Cron knows no holiday: on one, the UI shows late what quality.freshness does not.
AFTER_THE_CLOSE = dg.FreshnessPolicy.cron(deadline_cron="0 20 * * 1-5", lower_bound_delta=timedelta(hours=4), timezone="America/New_York")


def freshness_of(contract: TableContract) -> dg.FreshnessPolicy | None:
    """A deadline for what a required series lands in, none for the rest."""
    required = {s.provider for s in catalog() if s.is_required} - set(NOT_LIVE)
    is_daily = contract.provider in required and any(s.frequency == "daily" for s in catalog().of(contract.provider) if s.is_required)
    return AFTER_THE_CLOSE if is_daily and "dates_increase" in contract.checks and "adjusted" not in contract.name else None


def metadata_of(contract: TableContract) -> dict[str, Any]:
    """Columns with their meaning, the key, and the page of the provider."""
    columns = [dg.TableColumn(c.name, c.data_type, c.description) for c in contract.columns]
    told: dict[str, Any] = {"dagster/column_schema": dg.TableSchema(columns), "dagster/table_name": f"raw.{contract.name}"}
    told["one row for each"] = ", ".join(contract.key)
    page = ROOT / "docs" / "sources" / f"{contract.provider}.md"
    if page.exists():
        told["provider's page"] = dg.MetadataValue.path(str(page.relative_to(ROOT)))
    return told


def failing_rows(rows_n: int, sample: str) -> dict[str, Any]:
    """How many rows failed a check, and some of them as a table; `sample` is a JSON list of rows."""
    rows: list[dict[str, Any]] = json.loads(sample) if sample else []
    names = list(dict.fromkeys(name for row in rows for name in row))
    told: dict[str, Any] = {"failing rows": rows_n}
    if names:
        records = [dg.TableRecord({n: _cell(row.get(n)) for n in names}) for row in rows]
        told["such as"] = dg.MetadataValue.table(records, dg.TableSchema([dg.TableColumn(n) for n in names]))
    return told


def say_closed(context: dg.AssetExecutionContext, findings: Sequence[str]) -> None:
    """Finding and cure of each check that closed a gate, as the last words of the step: Dagster's own are a name and a stack."""
    for finding in findings:
        context.log.error(finding)


def first_row(sample: str) -> str:
    """The first of the rows that failed, in words; `sample` is a JSON list of rows."""
    rows: list[dict[str, Any]] = json.loads(sample)
    return _spoken(rows[0])


def _spoken(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_cell(value) or 'empty'}" for name, value in row.items())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, default=str)
    if value.startswith("{"):  # a key of several columns, as quality.past_changes holds it
        try:
            return _spoken(json.loads(value))
        except json.JSONDecodeError:
            return value  # a text that only begins like one
    return value
