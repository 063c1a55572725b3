"""The Excel workbook of the day: one sheet a subject, the newest rows of its mart as they are. Not for which subjects those are (workbook_sheets.py)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipelines.report.workbook_sheets import SHEETS, Sheet

SIMULATED = "SIMULATED: generated prices, not the real market. Nothing here says anything about it."
HEAD = 2  # row of the column names, from 0: what the sheet is, and of which market, stands above
WIDEST, NARROWEST, LONGEST_TEXT = 48, 9, 32_700  # Excel drops a text longer than 32,767 signs
FIRST_DAY = date(1900, 3, 1)  # days before it are other days in Excel: they are written as text
CUT = " … (cut: whole in the published file)"
# By unit of dim_metric, else by the end of the column's name: the number stays what it is in the mart, its unit stands behind it.
UNITS = {
    "percent": '#,##0.00" %"', "percent a year": '#,##0.00" %"', "percentage points": '+#,##0.00" pp";-#,##0.00" pp";0.00" pp"',
    "basis points": '+#,##0.0" bp";-#,##0.0" bp";0.0" bp"', "ratio": "#,##0.00##", "price": "#,##0.00", "members": "#,##0",
}  # fmt: skip
ENDINGS = {"_pct": "percent", "_pp": "percentage points", "_bp": "basis points"}
WHOLE = ("INTEGER", "BIGINT")


def write_workbook(connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], target: Path) -> dict[str, int]:
    """Write it; the rows of each sheet by its name."""
    is_simulated = manifest["provenance"] == "simulated"
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": True}
    book = xlsxwriter.Workbook(str(target), options)
    made = datetime.fromisoformat(manifest["created_at"]).astimezone(UTC).replace(tzinfo=None)
    book.set_properties({"title": f"Rotation as of {manifest['as_of_date']}{' SIMULATED' if is_simulated else ''}", "created": made})
    about = book.add_worksheet("About")
    units = _units(connection)
    rows = {sheet.name: _Page(book, sheet, units, manifest).write(connection) for sheet in SHEETS}
    _about(book, about, manifest, rows)
    book.close()
    return rows


def _units(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    found = connection.execute("select table_name, column_name, unit from marts.dim_metric").fetchall()
    return {(table, column): unit for table, column, unit in found}


def _warning(book: xlsxwriter.Workbook, sheet: Worksheet, row: int, manifest: Mapping[str, Any], size: int) -> None:
    """Of which market, and of which day: on every sheet, on the screen and on paper."""
    day = f"as of {manifest['as_of_date']}, run {manifest['run_id'][:8]}"
    if manifest["provenance"] == "simulated":
        loud = book.add_format({"bold": True, "font_size": size, "font_color": "white", "bg_color": "#B00020"})
        sheet.set_row(row, size * 1.6, loud)
        sheet.write_string(row, 0, f"{SIMULATED} ({day})", loud)
        sheet.set_tab_color("#B00020")
        sheet.set_header('&C&"Arial,Bold"&14&KB00020SIMULATED - not the real market')
    else:
        sheet.write_string(row, 0, f"Observed data, {day}", book.add_format({"bold": True, "font_size": size}))
    sheet.set_footer(f"&LRotation, {day}&R&A, page &P of &N")


def _about(book: xlsxwriter.Workbook, sheet: Worksheet, manifest: Mapping[str, Any], rows: Mapping[str, int]) -> None:
    bold, wrapped = book.add_format({"bold": True, "valign": "top"}), book.add_format({"text_wrap": True, "valign": "top"})
    title = book.add_format({"bold": True, "font_size": 18})
    sheet.write_string(0, 0, "Rotation: do US small caps take the lead from large caps?", title)
    sheet.set_row(0, 28)
    _warning(book, sheet, 1, manifest, 16)
    facts = {
        "As of": date.fromisoformat(manifest["as_of_date"]),
        "Market": "SIMULATED (sample)" if manifest["provenance"] == "simulated" else manifest["source_mode"],
        "Provenance": manifest["provenance"],
        "Made (UTC)": manifest["created_at"],
        "Run": manifest["run_id"],
        "Made with commit": manifest["git_revision"] or "outside a checkout",
    }
    row = 3
    for name, value in facts.items():
        sheet.write_string(row, 0, name, bold)
        if isinstance(value, date):
            sheet.write_datetime(row, 1, value, book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}))
        else:
            sheet.write_string(row, 1, str(value))
        row += 1
    for column, text in enumerate(("Sheet", "What it shows", "Rows", "Table")):
        sheet.write_string(row + 1, column, text, bold)
    row += 2
    for one in SHEETS:
        sheet.write_url(row, 0, f"internal:'{one.name}'!A1", string=one.name)
        sheet.write_string(row, 1, one.about, wrapped)
        sheet.write_number(row, 2, rows[one.name])
        sheet.write_string(row, 3, one.table)
        row += 1
    sheet.write_string(
        row + 1,
        0,
        "An empty cell has its reason in the column beside it. The whole history of each table is in the published file and its Parquet.",
    )
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 90)
    sheet.set_column(2, 2, 8)
    sheet.set_column(3, 3, 36)
    sheet.hide_gridlines(2)


class _Page:
    """One sheet of a table."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: Sheet, units: Mapping[tuple[str, str], str], manifest: Mapping[str, Any]) -> None:
        self._book, self._sheet, self._units, self._manifest = book, sheet, units, manifest
        self._page = book.add_worksheet(sheet.name)

    def write(self, connection: duckdb.DuckDBPyConnection) -> int:
        found = connection.execute(self._sheet.sql)
        names = [d[0] for d in found.description or []]
        rows = found.fetchall()
        schema, table = self._sheet.table.split(".")
        described = {
            name: (kind, (comment or "").strip())
            for name, kind, comment in connection.execute(
                "select column_name, data_type, comment from duckdb_columns() where schema_name = ? and table_name = ?", [schema, table]
            ).fetchall()
        }
        self._page.write_string(
            0, 0, f"{self._sheet.name}: {self._sheet.about} ({self._sheet.table})", self._book.add_format({"bold": True})
        )
        _warning(self._book, self._page, 1, self._manifest, 12)
        head = self._book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EDF3", "valign": "top"})
        for place, name in enumerate(names):
            kind, comment = described[name]
            unit = self._unit(table, name)
            self._page.write_string(HEAD, place, name, head)
            self._page.write_comment(HEAD, place, comment + (f"\nUnit: {unit}" if unit else ""), {"x_scale": 2})
            self._page.set_column(place, place, _width(name, [r[place] for r in rows]), self._form(kind, unit))
        for line, row in enumerate(rows, start=HEAD + 1):
            for place, value in enumerate(row):
                _put(self._page, line, place, value)
        self._page.freeze_panes(HEAD + 1, self._sheet.held)
        self._page.autofilter(HEAD, 0, HEAD + max(len(rows), 1), len(names) - 1)
        self._page.repeat_rows(0, HEAD)
        self._page.set_landscape()
        self._page.fit_to_pages(1, 0)
        return len(rows)

    def _unit(self, table: str, column: str) -> str | None:
        ending = next((unit for end, unit in ENDINGS.items() if column.endswith(end)), None)
        return self._units.get((table, column), ending)

    def _form(self, kind: str, unit: str | None) -> Format:
        if kind == "DATE":
            return self._book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        if kind == "TIMESTAMP":
            return self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
        if kind in WHOLE:
            return self._book.add_format({"num_format": UNITS["members"]})
        if kind == "DOUBLE" or kind.startswith("DECIMAL"):
            return self._book.add_format({"num_format": UNITS.get(unit or "", UNITS["ratio"])})
        return self._book.add_format({"valign": "top"})


def _put(page: Worksheet, line: int, place: int, value: object) -> None:
    """A value as what it is; a text is a text, whatever it begins with."""
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(line, place, value)
    elif isinstance(value, str):
        page.write_string(line, place, value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - len(CUT)] + CUT)
    elif isinstance(value, date):  # a datetime is one, too
        is_early = date(value.year, value.month, value.day) < FIRST_DAY
        page.write_string(line, place, value.isoformat()) if is_early else page.write_datetime(line, place, value)
    else:
        page.write_number(line, place, value)  # int, float or Decimal


def _width(name: str, values: Sequence[object]) -> int:
    longest = max((len(v) if isinstance(v, str) else 12 for v in values[:500] if v is not None), default=0)
    return max(NARROWEST, min(WIDEST, max(len(name) + 3, longest + 1)))
