"""The audit: each claim recognised, shown and judged on one open file. Not for opening it (resources/warehouse.py) or drawing it (terminal.py)."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from decimal import Decimal

import duckdb
import polars as pl

from pipelines.audit.claims import Claim
from pipelines.audit.evidence import Found, fill, held, literals, look, query, readable, session_of
from pipelines.audit.market import Market, read_market
from pipelines.audit.recognise import NotRecognised, Recognised, recognise
from pipelines.audit.verdict import Allowed, Verdict, Word, allowed, judge


@dataclass(frozen=True)
class Finding:
    """One row of fct_claim_audit; there every field is described."""

    claim_no: int
    claim_id: str
    subject: str
    statement: str
    reported_text: str
    reported_value: Decimal | None
    unit: str
    reported_as_of: date
    basis_stated: str | None
    note: str | None
    measure: str | None
    metric_id: str | None
    recognised: str | None
    computed_value: Decimal | None
    computed_text: str | None
    computed_reason: str | None
    definition: str | None
    definitions_shown: str | None
    tolerance: Decimal | None
    tolerance_reason: str
    verdict: Word
    explanation: str
    evidence_sql: str | None
    as_of_date: date
    provenance: str


def audit(connection: duckdb.DuckDBPyConnection, claims: Iterable[Claim]) -> list[Finding]:
    """A finding for every claim, in their order, from an open file that is only read."""
    market = read_market(connection)
    return [replace(_one(connection, market, claim), claim_no=n) for n, claim in enumerate(claims, start=1)]


def as_frame(findings: Iterable[Finding]) -> pl.DataFrame:
    """Findings as a table, typed even where a column is empty."""
    kinds = {"claim_no": pl.Int32(), "reported_as_of": pl.Date(), "as_of_date": pl.Date()}
    kinds |= dict.fromkeys(("reported_value", "computed_value", "tolerance"), pl.Decimal(18, 6))
    schema = {f.name: kinds.get(f.name, pl.String()) for f in fields(Finding)}
    return pl.DataFrame([asdict(f) for f in findings], schema=schema)


def _one(connection: duckdb.DuckDBPyConnection, market: Market, claim: Claim) -> Finding:
    try:
        found = recognise(claim, market)
    except NotRecognised as problem:
        return _finding(claim, market, None, Verdict("not_testable", f"{problem}."), "nothing_to_compute")
    if claim.as_of > market.as_of_date:
        text = f"The claim is of {claim.as_of}, the warehouse reaches to {market.as_of_date}: run it as of the day of the claim or later."
        return _finding(claim, market, found, Verdict("not_testable", text), "later_than_the_warehouse")
    values = literals(claim, found, session_of(connection, claim.as_of))
    definitions, lacking = held(found.measure.definitions, market)
    sql = query(definitions, values, found.measure.is_yes_no) if definitions else None
    rows = look(connection, sql, found.measure.measure) if sql else []
    tolerance = allowed(claim, found.measure, found.relation)
    verdict = judge(claim, rows, found.relation, tolerance)
    if verdict is None:
        if found.measure.is_forecast:
            seen = "; ".join(r.shown for r in rows)
            text = f"The future had not come: {seen or 'no session is held after the claim'}. {found.measure.remark}"
            return _finding(claim, market, found, Verdict("not_testable", text), "not_yet_known", rows, sql, tolerance)
        because = "; ".join(dict.fromkeys(r.shown for r in rows if r.role == "counts" and r.shown))
        refused = "refused: " if found.measure.subject == "valuation" and because else ""
        text = f"{refused}missing: {fill(found.measure.missing, readable(values))}."
        text += f" Seen: {because}." if because else ""
        text += f" This file has no {', '.join(lacking)}." if lacking else ""
        return _finding(claim, market, found, Verdict("not_testable", text), "missing_input", rows, sql, tolerance)
    assumed = f"Assumed: {'; '.join(found.assumed)}." if found.assumed else ""
    text = " ".join(part for part in (verdict.explanation, found.measure.remark, assumed) if part)
    if lacking:
        text += f" Not looked at, for want of {', '.join(lacking)}: {_without(found, lacking)}."
    if market.is_simulated:
        text = f"simulated inputs: no verdict on the market. In the simulated market: {text}"
        verdict = Verdict("not_testable", text, verdict.value)
    return _finding(claim, market, found, Verdict(verdict.word, text, verdict.value), None, rows, sql, tolerance)


def _without(found: Recognised, lacking: list[str]) -> str:
    return ", ".join(d.name for d in found.measure.definitions if d.tables & set(lacking))


def _finding(
    claim: Claim,
    market: Market,
    found: Recognised | None,
    verdict: Verdict,
    reason: str | None,
    rows: Iterable[Found] = (),
    sql: str | None = None,
    tolerance: Allowed | None = None,
) -> Finding:
    value = verdict.value
    is_number = value is not None and not isinstance(value.value, bool)
    tolerance = tolerance or Allowed(None, "nothing was compared")
    metric = found and fill(found.measure.metric_id, {k: str(v) for k, v in found.parameters.items()})
    return Finding(
        claim_no=0,
        claim_id=claim.claim_id,
        subject=claim.subject,
        statement=claim.statement,
        reported_text=claim.reported or "yes",
        reported_value=claim.value,
        unit=claim.unit,
        reported_as_of=claim.as_of,
        basis_stated=claim.basis_stated or None,
        note=claim.note or None,
        measure=found.measure.measure if found else None,
        metric_id=metric or None,
        recognised=(found.told or None) if found else None,
        computed_value=value.value if value is not None and is_number else None,  # type: ignore[arg-type] # a number, as just asked
        computed_text=value.text if value else None,
        computed_reason=reason if value is None else None if is_number else "yes_no",
        definition=value.definition if value else None,
        definitions_shown="; ".join(_row(r) for r in rows) or None,
        tolerance=tolerance.value,
        tolerance_reason=tolerance.reason,
        verdict=verdict.word,
        explanation=verdict.explanation,
        evidence_sql=sql,
        as_of_date=market.as_of_date,
        provenance="simulated" if market.is_simulated else "derived",
    )


def _row(row: Found) -> str:
    beside = "" if row.role == "counts" else f" [{row.role}]"
    return f"{row.definition}{beside}: {row.text}{f' ({row.shown})' if row.shown else ''}"
