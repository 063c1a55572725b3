"""The form of a check of gate 3, SQL that returns its failing rows, and what it finds. Not for the checks themselves."""

from dataclasses import dataclass

import duckdb
import polars as pl

from pipelines.checks.story import Severity

SAMPLE_ROWS = 10  # in the check log
KEPT_ROWS = 1000  # for `rotation explain`


@dataclass(frozen=True)
class Reconciliation:
    """One check: what it guards against, what to do, the SQL of its failing rows, and where its threshold comes from.

    `asks_log`: it asks the check log which sessions it has named, so the log holds all of its failing rows.
    """

    name: str
    table: str
    guards_against: str
    cure: str
    sql: str
    threshold: str = ""
    severity: Severity = "block"
    asks_log: bool = False


@dataclass(frozen=True)
class Verdict:
    """What a check found; `failing` holds the first of the failing rows, or all of them where the check asks the log for them."""

    check: Reconciliation
    failing_rows_n: int
    failing: pl.DataFrame

    @property
    def passed(self) -> bool:
        return self.failing_rows_n == 0

    @property
    def sample(self) -> str:
        """Some failing rows as JSON; empty where there are none."""
        return as_json(self.failing.head(SAMPLE_ROWS)) if self.failing_rows_n else ""

    @property
    def logged(self) -> str:
        """What of the failing rows the check log holds."""
        return as_json(self.failing) if self.failing_rows_n and self.check.asks_log else self.sample


def as_json(rows: pl.DataFrame) -> str:
    """Rows as a JSON list, every value as text."""
    return rows.with_columns(pl.all().cast(pl.String, strict=False)).write_json()


def verdict(connection: duckdb.DuckDBPyConnection, check: Reconciliation) -> Verdict:
    """What one check finds."""
    failing: pl.DataFrame = connection.sql(check.sql).pl()
    return Verdict(check, failing.height, failing if check.asks_log else failing.head(KEPT_ROWS))
