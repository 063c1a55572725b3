"""An answer as rows and columns, and the ways its content is spoiled. Not for how a provider writes it down (forms)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from pipelines.sources import exchange

AS_OF, DAY_BEFORE = date(2026, 1, 9), date(2026, 1, 7)
LATER = date(2026, 2, 2)
SESSIONS: list[date] = exchange.sessions(date(2024, 10, 1), AS_OF)["session_date"].to_list()


@dataclass(frozen=True)
class Table:
    """Rows below named columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def column(self, name: str) -> list[Any]:
        at = self.columns.index(name)
        return [row[at] for row in self.rows]

    def renamed(self, name: str, other: str) -> "Table":
        return replace(self, columns=tuple(other if c == name else c for c in self.columns))

    def without(self, name: str) -> "Table":
        at = self.columns.index(name)
        return Table(self.columns[:at] + self.columns[at + 1 :], tuple(row[:at] + row[at + 1 :] for row in self.rows))

    def beside(self, name: str, value: Any) -> "Table":
        return Table((*self.columns, name), tuple((*row, value) for row in self.rows))

    def reordered(self) -> "Table":
        return Table(self.columns[::-1], tuple(row[::-1] for row in self.rows))

    def put(self, name: str, value: Any, at: int = -1) -> "Table":
        """One cell changed; a function is given what stood there."""
        rows, place = [list(row) for row in self.rows], self.columns.index(name)
        rows[at][place] = value(rows[at][place]) if callable(value) else value
        return replace(self, rows=tuple(tuple(row) for row in rows))

    def each(self, change: Callable[[Any], Any], *names: str) -> "Table":
        found = self
        for name in names:
            for i in range(len(self.rows)):
                found = found.put(name, change, i)
        return found

    def where(self, keep: Callable[[dict[str, Any]], bool]) -> "Table":
        return replace(self, rows=tuple(r for r in self.rows if keep(dict(zip(self.columns, r, strict=True)))))

    def repeated(self, at: int = -1) -> "Table":
        return replace(self, rows=(*self.rows, self.rows[at]))


Change = Callable[[Table], Table]
Answers = Mapping[str, bytes]


@dataclass(frozen=True)
class Form:
    """How one offer of a provider is written, and which of its columns play which part.

    now, before: the table answered on the day of the fault and two sessions earlier.
    render: the table as answers by a part of their address ("" for any); told whether it is the one of before.
    needed, day, value, scaled: a column it cannot do without; the day; the main number; the numbers with a unit.
    changes: faults this form spoils in its own way. without: faults it has no such thing for, and why.
    without_token: what the provider offers to those who have no key.
    """

    name: str
    series_id: str
    now: Table
    before: Table
    render: Callable[[Table, bool], Answers]
    needed: str
    day: str
    value: str
    scaled: tuple[str, ...] = ()
    later: Any = LATER
    kind: str = "application/json"
    asks: Callable[[bool], Mapping[str, tuple[str, ...]]] = field(default=lambda _: {})
    ignored: tuple[str, ...] = ()
    changes: Mapping[str, Change] = field(default_factory=dict)
    without: Mapping[str, str] = field(default_factory=dict)
    without_token: bool = False


def _number(value: Any) -> float:
    return float(str(value).replace(",", ""))


def doubled(form: Form, table: Table) -> Table:
    """The newest row comes twice, with another value."""
    return table.repeated().put(form.value, lambda v: _number(v) * 1.01)


def content_faults(form: Form) -> dict[str, Change]:
    """Every fault of content as a change of the form's table."""
    scaled = form.scaled or (form.value,)
    usual: dict[str, Change] = {
        "header renamed": lambda t: t.renamed(form.needed, f"New {form.needed}"),
        "column missing": lambda t: t.without(form.needed),
        "extra column": lambda t: t.beside("Comment", "x"),
        "columns reordered": Table.reordered,
        "text in numbers": lambda t: t.put(form.value, "twelve"),
        "duplicated dates": lambda t: doubled(form, t),
        "unsorted": lambda t: replace(t, rows=t.rows[::-1]),
        "future dates": lambda t: t.repeated().put(form.day, form.later),
        "NaN and Infinity": lambda t: t.put(form.value, float("nan")).put(form.value, float("inf"), -2),
        "negative price": lambda t: t.put(form.value, lambda v: -abs(_number(v))),
        "zero where null was meant": lambda t: t.put(form.value, 0),
        "unit ×100": lambda t: t.each(lambda v: round(_number(v) * 100, 6), *scaled),
        "shortened history": lambda t: replace(t, rows=t.rows[len(t.rows) // 2 :]),
        "time zone shift": lambda t: t.each(lambda d: d - timedelta(days=1), form.day),
    }
    return usual | dict(form.changes)
