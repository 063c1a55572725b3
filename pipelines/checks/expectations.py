"""Gate 1 in Great Expectations, generated from a table's contract; the only import of that library. Not for what happens after a failure (landing decides)."""

import logging
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipelines.checks.decisive import decisive
from pipelines.contracts import TableContract

# Where these come from is told once, in the stories.
MOST_APART_PCT = 0.5
MOST_REVISED_PCT = 0.5
MOST_RESCALED = 60
MOST_TO_ZERO = 1.5
MOST_LACKING_PCT = 1
SPLIT_FACTOR = 1.5
MOST_MONEY = 1.5

# Rows that go through pandas at once where some fail.
AT_ONCE = 200_000


@dataclass(frozen=True)
class Expectation:
    """One expectation of the library, and the check it belongs to."""

    check: str
    type: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """What a check saw: positions of the failing rows in the frame it was given, and the column that failed first in each."""

    check: str
    observed: str
    failing: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    details: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        return not self.failing


# Checks on columns derived beside the batch (assets/landing/derive.py): expectation type and arguments.
_DERIVED: dict[str, tuple[str, dict[str, Any]]] = {
    "dates_increase": (
        "ColumnPairValuesAToBeGreaterThanB",
        {"column_A": "_date", "column_B": "_previous_date", "ignore_row_if": "either_value_is_missing"},
    ),
    "session_of_the_calendar": ("ColumnValuesToBeInSet", {"column": "_is_session", "value_set": [True]}),
    "no_jump_without_split": ("ColumnValuesToBeBetween", {"column": "_move_over_limit", "max_value": 1}),
    "no_missed_split": ("ColumnValuesToBeInSet", {"column": "_is_traded_move", "value_set": [True]}),
    "close_in_catalog_limits": ("ColumnValuesToBeBetween", {"column": "_place_in_limits", "min_value": 0, "max_value": 1}),
    "value_in_catalog_limits": ("ColumnValuesToBeBetween", {"column": "_place_in_limits", "min_value": 0, "max_value": 1}),
    "high_is_highest": (
        "ColumnPairValuesAToBeGreaterThanB",
        {"column_A": "high", "column_B": "_highest", "or_equal": True, "ignore_row_if": "either_value_is_missing"},
    ),
    "low_is_lowest": (
        "ColumnPairValuesAToBeGreaterThanB",
        {"column_A": "_lowest", "column_B": "low", "or_equal": True, "ignore_row_if": "either_value_is_missing"},
    ),
    "sources_agree": ("ColumnValuesToBeBetween", {"column": "_witness_gap_pct", "max_value": MOST_APART_PCT}),
    "weights_sum_to_100": ("ColumnValuesToBeBetween", {"column": "_weights_sum", "min_value": 99.5, "max_value": 100.5}),
    "holdings_sum_to_100": ("ColumnValuesToBeBetween", {"column": "_holdings_sum", "min_value": 99.8, "max_value": 100.2}),
    "equities_near_100": ("ColumnValuesToBeBetween", {"column": "_equities_sum", "min_value": 95, "max_value": 101}),
    "security_is_once": ("ColumnValuesToBeBetween", {"column": "_security_count", "max_value": 1}),
    "unit_as_before": ("ColumnValuesToBeBetween", {"column": "_rescaled_by", "max_value": MOST_RESCALED}),
    "days_in_rhythm": ("ColumnValuesToBeInSet", {"column": "_is_in_rhythm", "value_set": [True]}),
    "zero_is_no_blank": ("ColumnValuesToBeBetween", {"column": "_zero_after", "max_value": MOST_TO_ZERO}),
    "volume_is_traded": ("ColumnValuesToBeInSet", {"column": "_is_traded", "value_set": [True]}),
    "vintage_is_whole": ("ColumnValuesToBeBetween", {"column": "_lacking_pct", "max_value": MOST_LACKING_PCT}),
    "base_as_before": ("ColumnValuesToBeNull", {"column": "_rebased_by"}),
    "closes_stay": ("ColumnValuesToBeBetween", {"column": "_close_moved_pct", "max_value": MOST_REVISED_PCT}),
    "past_is_reanchored_whole": ("ColumnValuesToBeNull", {"column": "_anchor"}),
    "equity_is_held": ("ColumnValuesToBeInSet", {"column": "_equity_is_held", "value_set": [True]}),
    "list_is_whole": ("ColumnValuesToBeNull", {"column": "_reason"}),
    "fact_fits_history": ("ColumnValuesToBeNull", {"column": "_reason"}),
    "value_matches_status": ("ColumnValuesToBeInSet", {"column": "_value_matches_status", "value_set": [True]}),
    "targets_in_order": ("ColumnValuesToBeInSet", {"column": "_targets_in_order", "value_set": [True]}),
    "target_before_capture": ("ColumnValuesToBeInSet", {"column": "_target_before_capture", "value_set": [True]}),
    "growth_can_be_told": ("ColumnValuesToBeInSet", {"column": "_growth_can_be_told", "value_set": [True]}),
    "value_fits_its_measure": ("ColumnValuesToBeInSet", {"column": "_value_fits_its_measure", "value_set": [True]}),
    "period_is_over": ("ColumnValuesToBeInSet", {"column": "_period_is_over", "value_set": [True]}),
    "event_is_announced_in_time": ("ColumnValuesToBeInSet", {"column": "_event_is_announced_in_time", "value_set": [True]}),
}


def check_names(contract: TableContract) -> tuple[str, ...]:
    """The checks a batch of the table must pass, in order."""
    return ("rows_readable", "key_is_unique", "values_in_limits", *contract.checks)


def expectations(contract: TableContract) -> list[Expectation]:
    """Every expectation of a table. `rows_readable` is not among them: the cast has told apart the rows that cannot be read or lack a value."""
    found = [Expectation("key_is_unique", "ColumnValuesToBeBetween", {"column": "_key_count", "max_value": 1})]
    for c in contract.columns:
        if c.above is not None or c.min is not None or c.max is not None:
            low: dict[str, Any] = {"min_value": c.above, "strict_min": True} if c.above is not None else {"min_value": c.min}
            found.append(Expectation("values_in_limits", "ColumnValuesToBeBetween", {"column": c.name, "max_value": c.max, **low}))
        if c.values is not None:
            found.append(Expectation("values_in_limits", "ColumnValuesToBeInSet", {"column": c.name, "value_set": list(c.values)}))
        if c.pattern is not None:
            found.append(Expectation("values_in_limits", "ColumnValuesToMatchRegex", {"column": c.name, "regex": c.pattern}))
        if c.nonzero:
            found.append(Expectation("values_in_limits", "ColumnValuesToNotBeInSet", {"column": c.name, "value_set": [0]}))
    return found + [Expectation(check, *_DERIVED[check]) for check in contract.checks]


def validate(frame: pl.DataFrame, contract: TableContract) -> list[Finding]:
    """One finding a check of a cast batch with its derived columns; a frame without rows does not load the library."""
    wanted = expectations(contract)
    checks = dict.fromkeys(e.check for e in wanted)
    if frame.is_empty():
        return [Finding(check, "no new rows to check") for check in checks]
    results = _run(decisive(frame, wanted), wanted)
    if not all(success for success, _ in results):
        results = _all_rows(frame, wanted)
    findings = []
    for check in checks:
        failing: dict[int, str] = {}
        details = []
        for expectation, (success, result) in zip(wanted, results, strict=True):
            if expectation.check == check and not success:
                rows = result["unexpected_index_list"]
                columns = [str(v) for k, v in expectation.arguments.items() if k.startswith("column")]
                first = min(columns, key=lambda name: name.startswith("_"))  # the provider's own before one we put beside it
                failing = {int(r): first for r in rows} | failing
                details.append(f"{' and '.join(columns)} ({expectation.type}): {result.get('partial_unexpected_list', [])[:5]}")
        findings.append(
            Finding(
                check,
                f"{frame.height:,} new rows checked, {len(failing):,} failing",
                tuple(sorted(failing)),
                tuple(failing[row] for row in sorted(failing)),
                tuple(details),
            )
        )
    return findings


def _all_rows(frame: pl.DataFrame, wanted: list[Expectation]) -> list[tuple[bool, dict[str, Any]]]:
    """Which rows fail, of all: a part of the frame at a time, for pandas takes many times the memory."""
    found: list[tuple[bool, dict[str, Any]]] = [(True, {"unexpected_index_list": [], "partial_unexpected_list": []}) for _ in wanted]
    for start in range(0, frame.height, AT_ONCE):
        part = frame.slice(start, AT_ONCE)
        for i, (success, result) in enumerate(_run(part, wanted)):
            if not success:
                held = found[i][1]
                rows = result.get("unexpected_index_list") or range(part.height)
                held["unexpected_index_list"] += [start + int(row) for row in rows]
                held["partial_unexpected_list"] += result.get("partial_unexpected_list", [])
                found[i] = (False, held)
    return found


def _run(frame: pl.DataFrame, wanted: list[Expectation]) -> list[tuple[bool, dict[str, Any]]]:
    import great_expectations as gx  # 4 s to import: only when there is something to check
    import great_expectations.expectations as gxe

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("batch").add_dataframe_asset("batch")
    batch = asset.add_batch_definition_whole_dataframe("batch").get_batch(batch_parameters={"dataframe": frame.to_pandas()})
    suite = gx.ExpectationSuite(
        name="gate_1", expectations=[getattr(gxe, f"Expect{e.type}")(**e.arguments, meta={"position": i}) for i, e in enumerate(wanted)]
    )
    outcome = batch.validate(suite, result_format={"result_format": "COMPLETE"})
    ordered: dict[int, tuple[bool, dict[str, Any]]] = {}
    for result in outcome.results:
        if result.exception_info.get("raised_exception"):
            raise RuntimeError(
                f"The expectation {result.expectation_config.type} could not be computed: {result.exception_info['exception_message']}"
            )
        ordered[result.expectation_config.meta["position"]] = (bool(result.success), dict(result.result))
    return [ordered[i] for i in range(len(wanted))]
