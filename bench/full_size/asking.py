"""The dashboard's ten questions, asked in this process or by many at once. Not for what they are (dashboard.py)."""

import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from bench.full_size.dashboard import QUESTIONS

TIMES_ASKED = 20  # by each of many readers, every question
PATIENCE_S = 120  # until all readers have opened the file
_together: Barrier  # of a reader's process


def work(what: str, file: str, data: str, out: str, readers: int = 0) -> dict[str, Any]:
    """`published`: of the published file. `raw`: of the Parquet files. `readers`: so many processes ask the published file at once."""
    if what == "readers":
        return {"p95": _by_readers(file, readers)}
    queries = [q.published if what == "published" else q.from_files(Path(data)) for q in QUESTIONS]
    with (
        duckdb.connect(file, read_only=True)
        if what == "published"
        else duckdb.connect(config={"temp_directory": f"{out}.spill"}) as connection
    ):
        for sql in queries:  # opening counts for neither side
            connection.execute(sql).fetchall()
        asked = [_asked(connection, sql) for sql in queries]
    Path(out).write_text(json.dumps([rows for _, rows in asked], default=_plain), encoding="utf-8")
    return {"by_question": [seconds for seconds, _ in asked]}


def _asked(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[float, list[tuple[Any, ...]]]:
    start = time.perf_counter()
    rows = connection.execute(sql).fetchall()
    return time.perf_counter() - start, rows


def _plain(value: Any) -> Any:
    """Days as text, decimals as numbers."""
    return value.isoformat() if hasattr(value, "isoformat") else float(value)


def _by_readers(file: str, readers: int) -> float:
    """The time within which 95 of 100 questions are answered."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(readers, context, _meet, (context.Barrier(readers, timeout=PATIENCE_S),)) as pool:
        seconds = [s for taken in pool.map(_reader, [file] * readers) for s in taken]
    return float(np.percentile(seconds, 95))


def _meet(barrier: Barrier) -> None:
    """In each reader's process: where it waits for the others."""
    global _together
    _together = barrier


def _reader(file: str) -> list[float]:
    with duckdb.connect(file, read_only=True) as connection:
        for question in QUESTIONS:
            connection.execute(question.published).fetchall()
        _together.wait()
        return [_asked(connection, question.published)[0] for _ in range(TIMES_ASKED) for question in QUESTIONS]


def differences(one: Path, other: Path, tolerance: float) -> list[str]:
    """The questions whose answers differ."""
    answers = (json.loads(file.read_text(encoding="utf-8")) for file in (one, other))
    return [q.name for q, a, b in zip(QUESTIONS, *answers, strict=True) if not _is_same(a, b, tolerance)]


def _is_same(one: Any, other: Any, tolerance: float) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_is_same(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= tolerance * max(1, abs(one))
    return bool(one == other)
