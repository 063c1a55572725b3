"""Vendor files of the simulated market for the drop folder, one a year and universe or list. Not for reading them."""

import json
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.catalog import CATALOG_FILE
from pipelines.sample.calendar import checked
from pipelines.sample.market import SampleMarket, sample_market
from pipelines.sample.outlook import TARGET_LIST, events

STEM = "simulated-"
# What was written last and what it was made of; hidden, so no reader takes it for data.
RECORD = ".simulated.json"


def write_drops(folder: Path, as_of: date, market: SampleMarket | None = None) -> list[Path]:
    """Write what the vendor has sent by a day, and say which files these are.

    A year that is over keeps its file byte for byte, whatever the day; a file that is there already is not touched, and
    nothing is generated when all are. Simulated files of years after the day are taken away; other files are left alone.

    Raises:
        SampleError: `as_of` lies outside the simulated market.
    """
    day = checked(as_of)
    market = market or sample_market()
    record = {"provenance": "simulated", "as_of": day.isoformat(), "made_of": _made_of(market)}
    if found := _written(folder, record):
        return found
    files = dict(_files(market, day))
    for path in sorted(folder.glob(f"*/**/{STEM}*")):
        if str(path.relative_to(folder)) not in files:
            path.unlink()
    for name, content in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    hashes = {name: sha256(content).hexdigest() for name, content in sorted(files.items())}
    (folder / RECORD).write_text(json.dumps(record | {"files": hashes}, indent=1), encoding="utf-8")
    return [folder / name for name in hashes]


def _files(market: SampleMarket, day: date) -> Iterator[tuple[str, bytes]]:
    for universe, frame in market.member_bars.items():
        for year, part in _years(frame, "date", "date", day):
            yield f"bars/{universe}/{STEM}{year}.parquet", _parquet(part)
    for universe, frame in market.constituents.items():
        for year, part in _years(frame, "snapshot_date", "snapshot_date", day):
            yield f"constituents/{universe}/{STEM}{year}.csv", part.write_csv().encode()
    for kind, frame, column, known in (
        ("valuations", market.valuations, "month_end", "published_on"),
        (f"targets/{TARGET_LIST}", market.targets, "date", "date"),
        ("consensus", market.consensus, "captured_on", "captured_on"),
        ("fundamentals", market.series_of_members, "period_end", "published_on"),
        ("events", events(), "date", "announced_on"),
    ):
        for year, part in _years(frame, column, known, day):
            yield f"{kind}/{STEM}{year}.csv", part.write_csv().encode()


def _years(frame: pl.DataFrame, column: str, known: str, day: date) -> list[tuple[int, pl.DataFrame]]:
    """The rows known on a day by the year of a column."""
    seen = frame.filter(pl.col(known) <= day)
    years = seen[column].dt.year()
    return [(year, seen.filter(years == year)) for year in years.unique().sort().to_list()]


def _parquet(frame: pl.DataFrame) -> bytes:
    file = BytesIO()
    frame.write_parquet(file, compression="zstd", compression_level=1)
    return file.getvalue()


def _made_of(market: SampleMarket) -> str:
    """Hash of all that the files follow from: this package, the catalogue, the seed, the libraries that make the numbers."""
    sources = sorted(p for p in Path(__file__).parent.iterdir() if p.suffix in (".py", ".csv"))
    digest = sha256(f"{market.seed} numpy {np.__version__} polars {pl.__version__}".encode())
    for path in (*sources, CATALOG_FILE):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _written(folder: Path, record: dict[str, str]) -> list[Path]:
    """The files of the last time, if they are what would be written now, to the byte; else none."""
    try:
        last = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        files = {folder / name: digest for name, digest in last["files"].items()}
        same = all(last[key] == value for key, value in record.items())
        if same and all(sha256(path.read_bytes()).hexdigest() == digest for path, digest in files.items()):
            return list(files)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []  # no record, or not one of ours: write
    return []
