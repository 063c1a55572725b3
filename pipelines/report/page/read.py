"""A page filled from a published file: rows, definitions and pictures of every panel. Not for what is asked (the panels) or how it is set (html.py, pdf.py)."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import vl_convert

from pipelines.report.answer import Answer, answer_from
from pipelines.report.page.contents import SECTIONS
from pipelines.report.page.drawing import NARROW, WIDE, finished, still
from pipelines.report.page.panel import Panel, Section, tables_of
from pipelines.report.page.row import Row, Rows
from pipelines.resources.warehouse import cut_at, read_only

FIRST_HORIZON = "ytd"


@dataclass(frozen=True)
class Filled:
    """A panel with what it shows, or the reason why it shows nothing."""

    panel: Panel
    rows: Rows
    queries: dict[str, str]
    definitions: Rows
    missing: str  # why there is nothing; empty where there is something
    late: tuple[Row, ...]  # series it rests on that are late or missing
    spec: dict[str, Any] | None
    svg: str | None
    reads: tuple[str, ...]

    @property
    def is_picture(self) -> bool:
        return self.spec is not None


@dataclass(frozen=True)
class Page:
    """All that is shown."""

    answer: Answer
    manifest: dict[str, Any]
    sections: tuple[tuple[Section, tuple[Filled, ...]], ...]
    cut_from: date | None  # the day of the publication this was cut from

    @property
    def is_simulated(self) -> bool:
        return self.answer.provenance == "simulated"

    @property
    def mark(self) -> str:
        return "SIMULATED " if self.is_simulated else ""


def read_page(database: Path, manifest: dict[str, Any], day: date | None = None) -> Page:
    """The page of a published file; with a day, of its marts cut at that day."""
    published = date.fromisoformat(manifest["as_of_date"])
    cut = day if day is not None and day != published else None
    told = manifest if cut is None else manifest | {"as_of_date": str(cut)}
    with read_only(database) as connection:
        if cut is None:
            answer = answer_from(connection, told, database)
        else:
            with cut_at(database, cut) as as_it_was:
                answer = answer_from(as_it_was, told, database)
        only_now = _told_only_as_of(connection) if cut else frozenset()
        late = _late(connection)
        definitions = {row["metric_id"]: row for row in _rows(connection, "select * from marts.dim_metric")}
        as_of = date.fromisoformat(told["as_of_date"])
        sections = tuple(
            (
                section,
                tuple(
                    _filled(connection, section, panel, as_of, published, only_now, late, definitions, manifest) for panel in section.panels
                ),
            )
            for section in SECTIONS
        )
    return Page(answer, told, sections, published if cut else None)


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    cursor = connection.execute(sql)
    names = [d[0] for d in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _told_only_as_of(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Tables that hold one state, that of the publication's day: they cannot be cut at an earlier one."""
    found = connection.execute(
        "select distinct schema_name || '.' || table_name from duckdb_columns() where column_name = 'as_of_date'"
    ).fetchall()
    return frozenset(name for (name,) in found)


def _late(connection: duckdb.DuckDBPyConnection) -> tuple[Row, ...]:
    return tuple(
        _rows(
            connection,
            "select series_id, coalesce(instrument_id, series_id) as instrument_id, status, last_observation "
            "from quality.freshness left join reference.series_catalog using (series_id) where status not in ('fresh', 'ended') order by series_id",
        )
    )


def _filled(connection: duckdb.DuckDBPyConnection, section: Section, panel: Panel, as_of: date, published: date, only_now: frozenset[str],
            late: tuple[Row, ...], definitions: dict[str, Row], manifest: dict[str, Any]) -> Filled:  # fmt: skip
    queries = panel.queries(as_of, manifest["run_id"])
    uncut = [name for name in panel.tables if name in only_now]
    found = {name: [] if any(table in only_now for table in tables_of(sql)) else _rows(connection, sql) for name, sql in queries.items()}
    rows = found.pop(panel.key)
    missing = "" if rows else panel.empty
    if uncut:
        missing = f"{', '.join(uncut)}: told only as of the publication's day, {published}; not shown for {as_of}."
    rests = tuple(s for s in late if any(f"'{s[i]}'" in sql for sql in queries.values() for i in ("series_id", "instrument_id")))
    spec = svg = None
    if panel.draw and rows:
        marks = ["SIMULATED"] if manifest["provenance"] == "simulated" else []
        marks += ["STALE"] if rests else []
        horizon = FIRST_HORIZON if section.horizons and any("horizon" in row for row in rows[:1]) else None
        chart = panel.draw(rows, found)
        spec = finished(chart, " · ".join(marks), WIDE if panel.is_wide else NARROW, panel.height(rows), horizon)
        svg = vl_convert.vegalite_to_svg(still(spec)).replace('"clip', f'"{panel.key}-clip').replace("(#clip", f"(#{panel.key}-clip")
    return Filled(
        panel,
        rows,
        queries,
        [definitions[m] for m in panel.metrics if m in definitions],
        missing,
        rests,
        spec,
        svg,
        tuple(dict.fromkeys(table for sql in queries.values() for table in tables_of(sql))),
    )
