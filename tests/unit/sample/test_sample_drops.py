"""Vendor files of the simulated market: the same bytes for the same day, and a later day only adds."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from pipelines.sample.calendar import SAMPLE_END, SampleError
from pipelines.sample.drops import write_drops
from pipelines.sample.market import SEED, SampleMarket
from pipelines.settings import ROOT
from pipelines.sources import drop

# Hashes of everything a fresh process generates: bars, accounts, rates, wire forms.
FRESH = """
import hashlib, sys
from datetime import date
from pathlib import Path
import requests
from pipelines.catalog import catalog
from pipelines.sample.drops import write_drops
from pipelines.sample.wire import SampleTransport
digest = hashlib.sha256()
for path in write_drops(Path(sys.argv[1]), date(2026, 1, 9)):
    digest.update(path.name.encode() + path.read_bytes())
session = requests.Session()
session.mount("https://", SampleTransport(date(2026, 1, 9)))
for series in catalog():
    digest.update(session.get({
        "yahoo": "https://query1.finance.yahoo.com/v8/finance/chart/%s?events=div,splits",
        "tiingo": "https://api.tiingo.com/tiingo/daily/%s/prices?token=simulated",
        "fred": "https://fred.stlouisfed.org/graph/fredgraph.csv?id=%s",
        "french": "https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/ftp/%s_CSV.zip",
        "shiller": "https://shillerdata.com/%s.xls",
        "ishares": "https://www.ishares.com/us/products/%s/1.ajax?fileType=csv",
        "ssga": "https://www.ssga.com/holdings-daily-us-en-%s.xlsx",
        "nport": "https://www.sec.gov/cgi-bin/browse-edgar?CIK=%s",
        "sec": "https://www.sec.gov/%s",
    }[series.provider] % series.symbol).content)
print(digest.hexdigest())
"""


def _hashes(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): sha256(p.read_bytes()).hexdigest() for p in folder.glob("*/**/*") if p.is_file()}


def test_two_processes_generate_the_same_bytes(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    found = []
    for name in ("one", "two"):
        begun = time.perf_counter()
        run = subprocess.run([sys.executable, "-c", FRESH, str(tmp_path / name)], cwd=ROOT, capture_output=True, text=True, check=True)
        record_property(f"seconds_{name}", round(time.perf_counter() - begun, 2))  # reported, not asserted: machines differ
        found.append(run.stdout)
    assert found[0] == found[1]


def test_another_seed_is_another_market_with_the_same_pins(market: SampleMarket) -> None:
    other = SampleMarket(SEED + 1)
    assert (other.paths["R2000"][-1], other.paths["SP500"][-1]) == pytest.approx((market.paths["R2000"][-1], market.paths["SP500"][-1]))
    assert (other.paths["R2000"] != market.paths["R2000"]).mean() > 0.99


def test_a_later_day_only_adds(tmp_path: Path, market: SampleMarket) -> None:
    early, late = date(2024, 6, 27), date(2024, 7, 3)  # over a reconstitution and a month end
    for name, day in (("early", early), ("late", late)):
        write_drops(tmp_path / name, day, market)
    before, after = _hashes(tmp_path / "early"), _hashes(tmp_path / "late")
    assert {n for n in before if before[n] != after[n]} <= {n for n in before if "2024" in n}
    for name in before:
        read = pl.read_parquet if name.endswith("parquet") else pl.read_csv
        old, new = read(tmp_path / "early" / name), read(tmp_path / "late" / name)
        added = new.join(old, on=old.columns, how="anti", nulls_equal=True)
        assert new.height == old.height + added.height, name
        if name.startswith("bars"):
            assert added.is_empty() or added["date"].min() > early


def test_nothing_is_sent_before_its_day(tmp_path: Path, market: SampleMarket) -> None:
    day = date(2019, 12, 31)
    files = write_drops(tmp_path, day, market)
    for path in files:
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)
        column = next(c for c in ("published_on", "announced_on", "captured_on", "snapshot_date", "date") if c in frame.columns)
        assert frame[column].max() <= day
    assert any("2019" in p.name for p in files)


def test_files_that_are_there_are_left_alone_and_later_ones_taken_away(tmp_path: Path, market: SampleMarket) -> None:
    files = write_drops(tmp_path, SAMPLE_END, market)
    own = tmp_path / "bars" / "R2000" / "vendor.csv"
    own.write_text("somebody's", encoding="utf-8")
    stamps = {p: p.stat().st_mtime_ns for p in files}
    assert write_drops(tmp_path, SAMPLE_END, market) == files
    earlier = write_drops(tmp_path, date(2025, 6, 30), market)
    assert own.exists()
    assert not [p for p in files if p.exists() and "2026" in p.name]
    untouched = [p for p in earlier if "2025" not in p.name]
    assert {p: p.stat().st_mtime_ns for p in untouched} == {p: stamps[p] for p in untouched}


def test_a_spoilt_or_missing_file_is_written_again(tmp_path: Path, market: SampleMarket) -> None:
    files = write_drops(tmp_path, SAMPLE_END, market)
    right = _hashes(tmp_path)
    files[0].write_bytes(b"spoilt")
    files[-1].unlink()
    write_drops(tmp_path, SAMPLE_END, market)
    assert _hashes(tmp_path) == right
    (tmp_path / ".simulated.json").write_text("[]", encoding="utf-8")
    assert write_drops(tmp_path, SAMPLE_END, market) == files


def test_the_drop_reader_takes_every_file(tmp_path: Path, market: SampleMarket) -> None:
    write_drops(tmp_path, SAMPLE_END, market)
    rows: dict[str, int] = {}
    for file in drop.scan(tmp_path):
        for table, frame in drop.read(file, SAMPLE_END, SAMPLE_END).items():
            rows[table] = rows.get(table, 0) + frame.height
    assert rows == {
        "drop_bars": sum(f.height for f in market.member_bars.values()),
        "drop_constituents": sum(f.height for f in market.constituents.values()),
        "drop_valuations": market.valuations.height,
        "drop_targets": market.targets.height,
        "drop_consensus": market.consensus.height,
        "drop_fundamentals": market.series_of_members.height,
        "drop_events": 25,
    }


def test_a_day_after_the_market_is_refused_with_the_cure(tmp_path: Path, market: SampleMarket) -> None:
    with pytest.raises(SampleError, match="--sources live"):
        write_drops(tmp_path, SAMPLE_END + timedelta(days=1), market)
    assert list(tmp_path.iterdir()) == []


def test_consensus_by_sector_is_what_the_strategist_states_of_the_same_companies(market: SampleMarket) -> None:
    """One source's sums and the other's statement are of one truth: added up they agree to the tenth the statement has."""
    sums, stated = (market.consensus.filter(pl.col("growth_pct").is_null() == is_sum) for is_sum in (True, False))
    keys = ["captured_on", "universe_id"]
    for name, kept in (("all", pl.lit(True)), ("ex_health_care", pl.col("sector") != "Health Care")):
        added = sums.filter(kept).group_by(keys).agg(pl.col("earnings_base", "earnings_expected").sum(), pl.col("n").sum())
        both = added.join(stated.filter(sector=name), on=keys)
        growth = 100 * (both["earnings_expected"] / both["earnings_base"] - 1)
        assert both.height == stated.filter(sector=name).height > 60
        assert (growth - both["growth_pct"]).abs().max() < 0.06  # type: ignore[operator]
        assert both["n"].to_list() == both["n_right"].to_list()
