"""The page as tests read it back: its tables, SQL and pictures. Not for tests."""

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from lxml import html

from pipelines.report.page.contents import SECTIONS
from pipelines.report.page.panel import Panel

PANELS: dict[str, Panel] = {panel.key: panel for section in SECTIONS for panel in section.panels}
PICTURES = [key for key, panel in PANELS.items() if panel.draw]


@dataclass(frozen=True)
class Shown:
    """A page, and the published file it tells of."""

    text: str
    database: Path

    @cached_property
    def tree(self) -> Any:
        return html.document_fromstring(self.text)

    @cached_property
    def specs(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = json.loads(self.tree.get_element_by_id("specs").text)
        return found

    def panel(self, key: str) -> Any:
        return self.tree.get_element_by_id(key)

    def sql(self, key: str) -> dict[str, str]:
        """What "Copy SQL" gives, piece by piece."""
        return {code.get("data-sql"): code.text_content() for code in self.panel(key).iter("code")}

    def asked(self, key: str) -> list[dict[str, Any]]:
        """The panel's own SQL as it stands on the page, run on the published file."""
        return rows_of(self.database, self.sql(key)[key])

    def numbers(self, key: str) -> list[list[Decimal | None]]:
        """The numbers of the panel's table, row by row, as machines read them."""
        table = next(t for t in self.panel(key).iter("table") if t.get("data-panel") == key)
        return [
            [_number(cell) for cell in row.iter("td") if "n" in (cell.get("class") or "").split()]
            for row in table.iter("tr")
            if row.find("td") is not None
        ]

    def words(self, key: str) -> str:
        return " ".join(self.panel(key).text_content().split())


def _number(cell: Any) -> Decimal | None:
    found = list(cell.iter("data"))
    return Decimal(found[0].get("value")) if found else None


def rows_of(database: Path, sql: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        cursor = connection.execute(sql)
        names = [d[0] for d in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
