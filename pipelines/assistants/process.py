"""One query in a process of its own, under limits of time, memory, rows and size: `python -m pipelines.assistants.process`. Not for starting it (query.py).

DuckDB's own limits do not hold within one call of a function: `repeat('x', 3000000000)` took 5.8 GB of a limit of 1 GB, `levenshtein` of two
long strings does not hear an interrupt. So the process has a ceiling of the operating system, and whoever started it ends it.
"""

import json
import resource
import sys
import threading
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.assistants.statement import RefusedError
from pipelines.resources.warehouse import read_only

MEMORY_MB = 1024
CEILING_MB = 3 * 1024  # addresses, of which DuckDB and Python take a part for themselves
CHARACTERS = 100_000

# Nothing is written beside the publication where memory is short, and no variable of this program is a table.
LIMITS = {
    "memory_limit": f"{MEMORY_MB}MB",
    "threads": 2,
    "max_temp_directory_size": "0B",
    "python_enable_replacements": "false",
}
MEMORY = f"it took more than {MEMORY_MB:,} MB and was ended. Choose columns, narrow WHERE, or group before you sort or join."


def out_of_time(seconds: float) -> RefusedError:
    """What is said of a query that took too long."""
    why = f"it took more than {seconds:g} seconds and was ended. Name the dates and ids you want in WHERE, join on the whole key, or add up less."
    return RefusedError("time limit", why)


def run(database: Path, sql: str, rows_n: int, seconds: float) -> dict[str, Any]:
    """Columns and rows of an admitted query, up to `rows_n` rows and a size; `cut` says what was left out.

    Raises:
        RefusedError: it fails, or went beyond a limit.
    """
    with read_only(database, LIMITS) as connection:
        timer = threading.Timer(seconds, connection.interrupt)
        timer.start()
        try:
            cursor = connection.execute(sql)
            columns = [(d[0], str(d[1])) for d in cursor.description or []]
            found = cursor.fetchmany(rows_n + 1)
        except duckdb.InterruptException:
            raise out_of_time(seconds) from None
        except (duckdb.OutOfMemoryException, MemoryError):
            raise RefusedError("memory limit", MEMORY) from None
        except duckdb.Error as problem:
            raise RefusedError("error", f"DuckDB says: {problem}. Names and types: the tool describe.") from None
        finally:
            timer.cancel()
    return _within(columns, [[_plain(v) for v in row] for row in found], rows_n)


def _within(columns: list[tuple[str, str]], rows: list[list[Any]], rows_n: int) -> dict[str, Any]:
    kept: list[list[Any]] = []
    size = 0
    for row in rows[:rows_n]:
        size += len(json.dumps(row))
        if size > CHARACTERS:
            break
        kept.append(row)
    if rows and not kept:
        raise RefusedError(
            "result size", f"one row is longer than {CHARACTERS:,} characters. Choose fewer columns, or shorten the long one."
        )
    cut = None
    if len(kept) < min(len(rows), rows_n):
        cut = f"cut after {len(kept)} rows: more than {CHARACTERS:,} characters. Choose columns, or ask for fewer rows."
    elif len(rows) > rows_n:
        cut = f"cut after {rows_n} rows: there are more. Narrow WHERE, add up, or go on with ORDER BY and OFFSET."
    return {"columns": [{"name": n, "type": t} for n, t in columns], "rows": kept, "rows_n": len(kept), "cut": cut}


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def main() -> None:
    """Read one request from standard input, write its answer to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (CEILING_MB * 2**20, resource.getrlimit(resource.RLIMIT_AS)[1]))
    asked = json.load(sys.stdin)
    try:
        answer = run(Path(asked["database"]), asked["sql"], asked["rows_n"], asked["seconds"])
    except RefusedError as refusal:
        answer = {"refused": refusal.name, "said": str(refusal)}
    except MemoryError:
        answer = {"refused": "memory limit", "said": str(RefusedError("memory limit", MEMORY))}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
