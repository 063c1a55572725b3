"""What one check of gate 1 found in one table, and what a person has said may pass. Not for finding it (batch.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from pipelines.checks.stories import STORIES


@dataclass(frozen=True)
class CheckOutcome:
    """One check of one table: which series failed it, with their rows (_series, row_json)."""

    table: str
    check: str
    observed: str
    failing_series: tuple[str, ...]
    failing_rows: pl.DataFrame
    is_blocking: bool
    accepted: Mapping[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.failing_series

    @property
    def stopped_series(self) -> tuple[str, ...]:
        """Those that fail it and were not accepted: nothing of them is merged."""
        return tuple(s for s in self.failing_series if s not in self.accepted)

    def passing_over(self, accept: Mapping[str, str], required: set[str]) -> "CheckOutcome":
        """The same, with the series of which a person has said that this check may fail, and why."""
        given = {s: accept[f"{self.check}:{s}"] for s in self.failing_series if f"{self.check}:{s}" in accept}
        if not given:
            return self
        said = "".join(f"; accepted for {s}: {reason}" for s, reason in given.items())
        return replace(
            self,
            observed=self.observed + said,
            accepted=given,
            is_blocking=self.is_blocking and bool(required & (set(self.failing_series) - set(given))),
        )


def message(table: str, check: str, observed: str, series: Sequence[str]) -> str:
    """Source, table, expectation, finding and cure in one line."""
    story = STORIES[check]
    return f"{', '.join(series)} for raw.{table}: {check} failed ({observed}). It guards against: {story.guards_against} {story.cure}"
