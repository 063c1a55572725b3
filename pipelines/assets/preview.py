"""What the UI shows of a table: row count, last observation, a preview. Not for checks."""

import re
from typing import Any

import dagster as dg
import duckdb

from pipelines.sources.plain import plain_line

PREVIEW_ROWS = 8
_MARKUP = re.compile(r"([\\`*_\[\]<>!|~&])")  # a cell is data: no link, picture or tag, whatever stands in it


def table_metadata(connection: duckdb.DuckDBPyConnection, relation: str, day: str | None) -> dict[str, Any]:
    """Metadata of a relation; `day` is the column its last observation is told by."""
    found: dict[str, Any] = {}
    last = f", max({day})::varchar" if day else ""
    row = connection.execute(f"select count(*){last} from {relation}").fetchall()[0]
    found["dagster/row_count"] = row[0]
    if day and row[1]:
        found["last observation"] = row[1]
    order = f"order by {day} desc" if day else ""
    frame = connection.sql(f"select * from {relation} {order} limit {PREVIEW_ROWS}").pl()
    cells = [["" if v is None else _MARKUP.sub(r"\\\1", plain_line(str(v)[:60])) for v in r] for r in frame.iter_rows()]
    lines = ["| " + " | ".join(r) + " |" for r in [frame.columns, ["---"] * frame.width, *cells]]
    found["preview"] = dg.MetadataValue.md("\n".join(lines))
    return found
