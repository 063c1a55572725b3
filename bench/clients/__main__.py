"""`make clients`: every client reads every table of the sample publication; prints what each saw, ends with 1 where one sees otherwise than is there."""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.clients.reading import CLIENTS, ClientError, UnreachableError, differences, prepare, seen, there
from pipelines.resources.publication import Publication
from pipelines.settings import settings

ROWS = 20_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", choices=("live", "sample"), default="sample")
    parser.add_argument("--rows", type=int, default=ROWS, help="Rows of each table that are read, at the most.")
    asked = parser.parse_args()
    database = Publication(settings().published(asked.sources)).database
    truth = there(database, asked.rows)
    print(f"{database}: {len(truth)} tables, {sum(t['rows'] for t in truth.values()):,} rows to read")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for client in CLIENTS:
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
            print(f"  {client.name}: {'the same' if not odd else f'{len(odd)} differences'}", *odd[:5], sep="\n    ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
