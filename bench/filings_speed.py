"""How long the facts of one full-size data-set quarter take to become `fct_valuation_monthly`, against one scan of its unzipped files by DuckDB.

What is measured, alternating: the models from the facts to the mart (first start to last end, by dbt's own record), and a count of every
column of sub, num, tag and pre, read as text. The quarter is the sample's annual reports as often as needed, each filing filled up with tags
nobody asks for to the lines a real one has. Not for reading the zip and not for prices: these are there when the clock starts.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import duckdb

from pipelines.sample.market import sample_market
from pipelines.sample.wire_sec import data_set
from pipelines.settings import ROOT, load_settings
from pipelines.sources.sec_data_sets import read

ROUNDS = 5
QUARTER, FILED_BY, LISTED, AS_OF = "2025q1", date(2025, 12, 31), date(2025, 3, 24), date(2025, 3, 31)
LINES_PER_FILING = {"num": 260, "pre": 110}  # as in the SEC's 2010q2: 522 filings, 136,044 lines of num, 57,596 of pre
COMPANIES = 6000
OFFSET = 1_000_000  # from the CIK of a company to that of its copy
AT_ONCE = "+fct_valuation_monthly,stg_sec__facts+"


def write_quarter(folder: Path, companies: int) -> int:
    """The four unzipped files; returns how often the sample's companies are in them."""
    content = data_set(sample_market(), QUARTER, FILED_BY)
    assert content is not None
    with zipfile.ZipFile(BytesIO(content)) as archive:
        archive.extractall(folder / "once")
    for file in ("sub", "num", "tag", "pre"):
        duckdb.execute(f"create or replace temp table {file} as from {_text(folder / 'once' / file)}")
    filings: int = duckdb.execute("select count(*) from sub").fetchall()[0][0]
    copies = -(-companies // filings)
    duckdb.execute(f"create or replace temp table copies as select range as copy from range({copies})")
    own = "format('{:05d}', copy) || adsh[6:] as adsh"
    more = {
        "sub": f"select * replace ({own}, cast(cik as bigint) + {OFFSET} * copy as cik, name || ' ' || copy as name) from sub, copies",
        "tag": "from tag",
    }
    for file, wanted in LINES_PER_FILING.items():
        told = duckdb.execute(f"select count(*) / {filings} from {file}").fetchall()[0][0]
        unasked = "'UnaskedFor' || n as tag" + (
            ", (1e6 * hash(adsh, n) / 18446744073709551615.0)::decimal(18, 4)::varchar as value" if file == "num" else ""
        )
        more[file] = (
            f"select * replace ({own}) from (from {file} union all by name select * replace ({unasked}) from "
            f"(from {file} qualify row_number() over (partition by adsh) = 1), range({max(0, round(wanted - told))}) as t(n)), copies"
        )
    for file, sql in more.items():
        columns = ", ".join(name for name, *_ in duckdb.execute(f"describe {file}").fetchall())
        duckdb.execute(f"copy (select {columns} from ({sql})) to '{folder / file}.txt' (delimiter '\t', header, quote '', escape '')")
    return copies


def _text(file: Path) -> str:
    return f"read_csv('{file}.txt', delim = '\t', quote = '', escape = '', header = true, all_varchar = true)"


def scan(folder: Path) -> float:
    """Seconds of one scan of the four files, every column read."""
    start = time.perf_counter()
    for file in ("sub", "num", "tag", "pre"):
        duckdb.execute(f"select count(columns(*)) from {_text(folder / file)}").fetchall()
    return time.perf_counter() - start


def fill(warehouse: Path, folder: Path, copies: int) -> int:
    """The working file of the sample with this quarter's facts, filings, companies, one list and a month of closes; returns the facts."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in ("sub", "num", "tag", "pre"):
            archive.write(folder / f"{file}.txt", f"{file}.txt")
    came = read("the full-size quarter", packed.getvalue())
    with duckdb.connect(str(warehouse / "work" / "sample" / "work.duckdb")) as connection:
        connection.execute(f"create temp table copies as select range as copy from range({copies})")
        for table, frame in came.items():
            connection.register("came", frame)
            log = (
                f"date '{AS_OF}' as known_on, now()::timestamp as pulled_at, '' as payload_sha256, '' as run_id, 'simulated' as provenance"
            )
            connection.execute(f"delete from raw.{table}")
            connection.execute(f"insert into raw.{table} by name select *, {log} from came")
        for table in ("nport_holdings", "ishares_holdings", "ssga_holdings"):
            connection.execute(f"delete from raw.{table}")
        copied = {
            "sec_companies": (
                f"cik + {OFFSET} * copy as cik, ticker || '~' || copy as ticker, date '{LISTED}' as snapshot_date, date '{LISTED}' as known_on",
                "",
            ),
            "drop_constituents": (
                f"symbol || '~' || copy as symbol, date '{LISTED}' as snapshot_date, date '{LISTED}' as known_on",
                "where universe_id in ('R2000', 'SP500') qualify row_number() over (partition by symbol order by snapshot_date desc) = 1",
            ),
            "drop_bars": (
                "symbol || '~' || copy as symbol",
                f"where session_date between date '{LISTED}' - 21 and date '{AS_OF}' and collection in ('R2000', 'SP500')",
            ),
        }
        for table, (changes, wanted) in copied.items():
            connection.execute(
                f"create or replace table raw.{table} as select * replace ({changes}) from (from raw.{table} {wanted}), copies"
            )
        connection.execute(f"update raw.clock_day set as_of_date = date '{AS_OF}', session_date = date '{AS_OF}'")
        return int(connection.execute("select count(*) from raw.sec_facts").fetchall()[0][0])


def dbt(warehouse: Path, *arguments: str) -> float:
    """Run dbt on a warehouse; seconds from the first model's start to the last one's end."""
    settings = load_settings()
    environment = {
        "DBT_ROTATION_WAREHOUSE": str(warehouse), "DBT_ROTATION_THREADS": str(settings.cores), "DBT_ROTATION_MEMORY_LIMIT": settings.memory,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "PATH": "/usr/bin:/bin", "HOME": str(warehouse),
    }  # fmt: skip
    project = str(ROOT / "dbt_project")
    target = warehouse / "target"
    done = subprocess.run(
        [str(Path(sys.executable).parent / "dbt"), *arguments, "--project-dir", project, "--profiles-dir", project, "--target", "sample",
         "--target-path", str(target), "--log-path", str(warehouse / "logs")],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"dbt {' '.join(arguments)} failed:\n{done.stdout[-3000:]}")
    spans = [
        (t["started_at"], t["completed_at"]) for r in json.loads((target / "run_results.json").read_text())["results"] for t in r["timing"]
    ]
    days = [[datetime.fromisoformat(t) for t in span] for span in spans if all(span)]
    return (max(end for _, end in days) - min(start for start, _ in days)).total_seconds()


def main() -> None:
    """Print each round and the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--companies", type=int, default=COMPANIES)
    companies = parser.parse_args().companies
    filled = load_settings().work_file("sample")
    if not filled.exists():
        raise SystemExit(f"no sample warehouse at {filled}: run `make run` first")
    with tempfile.TemporaryDirectory() as name:
        folder, warehouse = Path(name) / "quarter", Path(name) / "warehouse"
        for made in (folder, warehouse / "work" / "sample", warehouse / "candidate" / "sample"):
            made.mkdir(parents=True)
        shutil.copy(filled, warehouse / "work" / "sample" / "work.duckdb")
        print(f"writing a quarter of {companies:,} filings")
        copies = write_quarter(folder, companies)
        facts = fill(warehouse, folder, copies)
        size = sum((folder / f"{f}.txt").stat().st_size for f in ("sub", "num", "tag", "pre"))
        print(f"{facts:,} facts; the four files have {size / 1e6:,.0f} MB; building what the models stand on")
        dbt(warehouse, "seed", "--select", "+fct_valuation_monthly")
        dbt(warehouse, "run", "--select", "+fct_valuation_monthly")
        with duckdb.connect(str(warehouse / "candidate" / "sample" / "rotation.duckdb"), read_only=True) as connection:
            told = connection.sql(
                "select sum(n_used) from marts.fct_valuation_monthly where source_id = 'rotation_filings' and metric = 'ps'"
            ).fetchall()
        print(f"companies with a price over sales: {int(told[0][0] or 0):,}")
        pairs = []
        for n in range(1, ROUNDS + 1):
            pairs.append((dbt(warehouse, "run", "--select", AT_ONCE), scan(folder)))
            print(f"round {n}: valuations {pairs[-1][0]:.1f} s, scan {pairs[-1][1]:.2f} s, ratio {pairs[-1][0] / pairs[-1][1]:.1f}")
        ratios = [a / b for a, b in pairs]
        print(f"median ratio {statistics.median(ratios):.1f} (from {min(ratios):.1f} to {max(ratios):.1f}); at most 10 is wanted")


if __name__ == "__main__":
    main()
