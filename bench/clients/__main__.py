"""`make clients`: every client reads every table of the sample publication; prints what each saw, ends with 1 where one sees otherwise than is there.

Rows and NULLs are counted over whole tables; kinds and values are those of the first rows of each.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from bench.clients.reading import CLIENTS, ClientError, UnreachableError, differences, prepare, seen, there
from pipelines.resources.publication import Publication
from pipelines.settings import settings

ROWS = 20_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", choices=("live", "sample"), default="sample")
    parser.add_argument(
        "--rows",
        type=int,
        default=ROWS,
        help="Rows of each table whose kinds and values are compared, at the most; rows and NULLs are counted over all.",
    )
    asked = parser.parse_args()
    database = Publication(settings().published(asked.sources)).database
    truth = there(database, asked.rows)
    rows, nulls = sum(t["whole"]["rows"] for t in truth.values()), sum(sum(t["whole"]["nulls"].values()) for t in truth.values())
    columns, values = sum(len(t["columns"]) for t in truth.values()), sum(t["rows"] for t in truth.values())
    print(f"{database}: {len(truth)} tables, {columns:,} columns, {rows:,} rows and {nulls:,} NULLs in all; values of {values:,} rows")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for client in CLIENTS:
            started = time.perf_counter()
            own = Path(folder) / client.name.replace(" ", "-")
            try:
                prepare(client, own)
                odd = differences(client, seen(client, own, database, asked.rows), truth)
            except UnreachableError as problem:
                print(f"  {client.name}: not tried, {problem}")
                continue
            except ClientError as problem:
                odd = [str(problem)]
            wrong += len(odd)
            told = f"{client.name}: {'the same' if not odd else f'{len(odd)} differences'}, {time.perf_counter() - started:.0f} s"
            print(f"  {told}", *odd[:5], sep="\n    ", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
