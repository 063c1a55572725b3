"""The SQL that shows a claim: rendered with literals, so that it runs as it stands on the published file, and its rows. Not for judging them."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from pipelines.audit.claims import Claim
from pipelines.audit.market import Market
from pipelines.audit.measures import Definition, MeasureError, Role
from pipelines.audit.recognise import Recognised


@dataclass(frozen=True)
class Found:
    """One row of the evidence: a value under a definition. `value` is a yes or no, a number in the claim's unit, or nothing, and `shown` why."""

    definition: str
    role: Role
    value: Decimal | bool | None
    shown: str

    @property
    def text(self) -> str:
        return "nothing" if self.value is None else ("yes" if self.value else "no") if isinstance(self.value, bool) else plain(self.value)


def plain(value: Decimal) -> str:
    """A number without zeros that say nothing."""
    return f"{value.quantize(Decimal('0.0001')).normalize():f}"


def literals(claim: Claim, found: Recognised, session: date | None) -> dict[str, str]:
    """What each placeholder becomes: a SQL literal, or a bare number."""
    said: dict[str, object] = dict(found.parameters) | {
        "as_of": claim.as_of,
        "session": session,
        "scale": found.measure.units[claim.unit],
        "value": claim.value,
    }
    return {name: _literal(value) for name, value in said.items()}


def _literal(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, date):
        return f"date '{value}'"
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return text if re.fullmatch(r"-?\d+", text) else "'" + text.replace("'", "''") + "'"


def readable(values: dict[str, str]) -> dict[str, str]:
    """Literals as a sentence has them."""
    return {name: re.sub(r"^(?:date )?'(.*)'$", r"\1", text) for name, text in values.items()}


def fill(template: str, values: dict[str, str]) -> str:
    """A template with its placeholders filled; braces that are no placeholder stay."""
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], template)


def query(definitions: list[Definition], values: dict[str, str], is_yes_no: bool) -> str:
    """One query for all definitions; its first row is the value."""
    kind = "boolean" if is_yes_no else "decimal(18, 6)"
    parts = []
    for n, one in enumerate(definitions, start=1):
        name = one.name.replace("'", "''")
        template = one.sql.replace(" * {scale}", "") if values["scale"] == "1" else one.sql
        body = "\n".join(f"    {line}" for line in fill(template, values).splitlines())
        parts.append(
            f"select {n} as n, '{name}' as definition, '{one.role}' as role, cast(value as {kind}) as value, shown from (\n{body}\n)"
        )
    return "\nunion all\n".join(parts) + "\norder by n, value is null, shown"


def look(connection: duckdb.DuckDBPyConnection, sql: str, measure: str) -> list[Found]:
    """The rows of the evidence.

    Raises:
        MeasureError: the file has not the columns that the measure's SQL names.
    """
    try:
        rows = connection.execute(sql).fetchall()
    except (duckdb.BinderException, duckdb.ParserException) as problem:
        raise MeasureError(
            f"The SQL of the measure {measure} does not run on this file: {problem} Correct it in pipelines/audit/subjects/."
        ) from None
    return [Found(definition, role, value, str(shown or "")) for _, definition, role, value, shown in rows]


def session_of(connection: duckdb.DuckDBPyConnection, day: date) -> date | None:
    """The last session on or before a day."""
    ((found,),) = connection.execute("select max(session_date) from reference.sessions where session_date <= ?", [day]).fetchall()
    return found if isinstance(found, date) else None


def held(definitions: tuple[Definition, ...], market: Market) -> tuple[list[Definition], list[str]]:
    """Definitions whose tables are in the file, and the tables that are not."""
    lacking = sorted({t for d in definitions for t in d.tables} - market.tables)
    return [d for d in definitions if d.tables <= market.tables], lacking
