"""What a picture or table of the page is: its SQL, its columns, its definition. Not for the panels themselves (the modules of each subject)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pipelines.report.page.drawing import Picture
from pipelines.report.page.row import Row, Rows

Drawing = Callable[[Rows, dict[str, Rows]], Picture]
READ = re.compile(r"\b(?:from|join)\s+((?:marts|quality|reference)\.\w+)")


@dataclass(frozen=True)
class Column:
    """One column of a panel's table. `form` is a format of Python; without one the value is text."""

    name: str
    title: str
    form: str = ""
    unit: str = ""
    reason: str = ""  # the column that says why a value is empty
    sign: bool = False  # coloured by sign: the side it speaks for
    under: str = ""  # the column told beneath it, small
    spare: bool = False  # left out where the screen is that of a phone

    def told(self, row: Row) -> str:
        """The value as people read it."""
        value = row[self.name]
        if value is None:
            why = row.get(self.reason) if self.reason else None
            return f"– {str(why).replace('_', ' ')}" if why else "–"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, (datetime, date)):
            return str(value)[:16]
        if not self.form or not isinstance(value, (int, float, Decimal)):
            return str(value)
        shown = float(value) if self.form.endswith("g") else value  # a decimal would keep its noughts
        return format(shown, self.form).replace("-", "−")


@dataclass(frozen=True)
class Panel:
    """A picture with its table, or a table alone."""

    key: str
    title: str
    window: str  # what span is shown, and how densely
    sql: str
    columns: tuple[Column, ...]
    metrics: tuple[str, ...] = ()  # of dim_metric: the definitions shown with it
    reading: str = ""  # how to read it, in one sentence
    reading_alone: str = ""  # the same where what stands beside it is not shown, and the colours with it
    empty: str = "Nothing to show: the table holds no row for this day."
    draw: Drawing | None = None
    legend: tuple[tuple[str, str], ...] = ()  # label and the name of its colour
    beside: tuple[tuple[str, str], ...] = ()  # further queries the picture needs
    layout: Literal["table", "matrix", "claims"] = "table"
    is_wide: bool = False
    is_folded: bool = False  # the table opens on demand
    tall: int = 230  # its picture of lines, in pixels
    valued: str = ""  # the column of the day its values are of, where that is one day before the page's
    bars: str = ""  # the column whose values are bars, one below the other

    def queries(self, day: date, run: str) -> dict[str, str]:
        """The exact SQL, by name; the panel's own has its key."""
        return {name: sql.replace("{day}", str(day)).replace("{run}", run).strip() for name, sql in ((self.key, self.sql), *self.beside)}

    def height(self, rows: Rows) -> int:
        """Of its picture, in pixels: as many bars as there are, else that of a line."""
        return (
            (36 if any("|" in str(row[self.bars]) for row in rows) else 24) * max(2, min(16, len({row[self.bars] for row in rows})))
            if self.bars
            else self.tall
        )

    @property
    def tables(self) -> tuple[str, ...]:
        """Where its numbers come from."""
        return tables_of(self.sql)


def tables_of(sql: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(READ.findall(sql)))


@dataclass(frozen=True)
class Section:
    """A subject of the page."""

    key: str
    title: str
    short: str  # in the list of subjects
    panels: tuple[Panel, ...]
    horizons: tuple[str, ...] = ()  # offered to choose from, in the pictures that have a horizon
