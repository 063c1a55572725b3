"""A query of an assistant, started in a process of its own and ended with it. Not for its limits (process.py) or for what is allowed (statement.py)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipelines.assistants.process import MEMORY, out_of_time
from pipelines.assistants.statement import RefusedError

SECONDS = 10.0
GRACE_S = 10  # to start, and to say that time is up
MOST_ROWS = 1000


def ask(database: Path, sql: str, rows_n: int, seconds: float = SECONDS) -> dict[str, Any]:
    """Columns and rows of an admitted query.

    Raises:
        RefusedError: it fails, or went beyond a limit.
    """
    if not 1 <= rows_n <= MOST_ROWS:
        raise RefusedError(
            "row limit",
            f"expected 1 to {MOST_ROWS:,} rows, found {rows_n:,}. Add up in SQL, or take the Parquet files beside the database.",
        )
    request = json.dumps({"database": str(database), "sql": sql, "rows_n": rows_n, "seconds": seconds})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.assistants.process"],
            input=request, capture_output=True, text=True, encoding="utf-8", timeout=seconds + GRACE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:  # one call of a function that hears no interrupt
        raise out_of_time(seconds) from None
    if done.returncode < 0:  # ended by the system
        raise RefusedError("memory limit", MEMORY)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise RefusedError("error", f"the query's process stopped: {last}. Is there a publication? `rotation status` tells.")
    answer: dict[str, Any] = json.loads(done.stdout)
    if "refused" in answer:
        refusal = RefusedError(answer["refused"], "")
        refusal.args = (answer["said"],)
        raise refusal
    return answer
