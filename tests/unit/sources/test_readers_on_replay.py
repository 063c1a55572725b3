"""Every reader on what the providers really sent."""

import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import pytest
from pandas.errors import ParserError
from pandas_datareader.famafrench import FamaFrenchReader

from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.sources import drop
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.readers import READERS

pytestmark = pytest.mark.replay
AS_OF = date(2026, 1, 9)
ALL = Window(None, AS_OF)
TOKENS = {"tiingo": "any-token", "stooq": "any-key"}


@pytest.fixture
def frames(replay: Any, asking: Any) -> Iterator[Callable[..., dict[str, pl.DataFrame]]]:
    with replay(AS_OF) as provider:
        client = asking(provider.url, tokens=TOKENS, deadline_s=30)

        def reading(series_id: str, window: Window = ALL) -> dict[str, pl.DataFrame]:
            one = catalog()[series_id]
            return READERS[one.provider].read(one, client, window)

        yield reading


def test_every_series_of_the_catalogue_is_read_or_refused_by_name(frames: Any) -> None:
    refused = []
    for one in catalog():
        if one.provider in ("sec", "drop"):
            continue  # asked for by settings: test_sec_on_replay.py; files: test_drop_files.py
        try:
            found = frames(one.series_id)
        except SourceError:
            refused.append(one.series_id)
            continue
        due = set(READERS[one.provider].TABLES) - ({"fred_vintages"} if one.provider == "fred" else set())
        of_funds = {"stooq": {"stooq_adjusted_closes"} if one.kind == "fund" else {"stooq_bars"}}
        assert set(found) == of_funds.get(one.provider, due)
        for name, frame in found.items():
            assert frame.columns == [c.name for c in contracts()[name].columns]
            assert frame.height or name.endswith("_actions"), (one.series_id, name)
    assert refused == ["R1000", "SP600", "IWM.alphavantage", "SPY.alphavantage", "IWM_NPORT", "IWB_NPORT", "IVV_NPORT"], (
        "the recording has none of these"
    )


def test_published_closes_are_what_yahoo_says(frames: Any) -> None:
    closes = dict(frames("R2000")["yahoo_bars"].select("session_date", "close").iter_rows())
    assert round(closes[AS_OF] / closes[date(2025, 12, 31)] - 1, 5) == 0.05734
    assert frames("SP500")["yahoo_bars"]["session_date"].min() == date(1927, 12, 30)
    iwm = frames("IWM")["yahoo_bars"].filter(pl.col("session_date") == AS_OF).row(0, named=True)
    assert (round(iwm["high"], 2), iwm["volume"], iwm["is_partial"]) == (261.56, 36301500, False)


def test_tiingo_and_yahoo_agree_on_a_fund(frames: Any) -> None:
    ours, theirs = frames("SPY")["yahoo_bars"], frames("SPY.tiingo")["tiingo_bars"]
    assert ours["close"].to_list() == theirs["close"].to_list()
    assert ours["session_date"].cast(pl.String).to_list() == theirs["session_date"].to_list()


def test_stooq_says_of_the_index_what_yahoo_does_and_of_the_fund_its_total_return(frames: Any) -> None:
    day = pl.col("session_date").cast(pl.String)
    ours = frames("SP500")["yahoo_bars"].select(day, pl.col("close").round(2))
    theirs = frames("SP500.stooq")["stooq_bars"].select("session_date", pl.col("close").cast(pl.Float64).alias("stooq"))
    both = ours.join(theirs, on="session_date").filter(pl.col("session_date") >= "2015-01-01")
    assert both.height > 2700
    assert (both["close"] - both["stooq"]).abs().max() <= 0.5
    assert both.filter(pl.col("session_date") == "2021-08-11").row(0)[1:] == (4442.41, 4442.41)
    fund = frames("IWM.stooq")["stooq_adjusted_closes"]
    assert (fund["session_date"].min(), fund["session_date"].max()) == ("2005-02-25", "2025-12-26")


def test_the_fed_range_moved_on_the_days_it_did(frames: Any) -> None:
    upper = frames("DFEDTARU")["fred_observations"].with_columns(change=pl.col("value").diff())
    moves = upper.filter((pl.col("change") != 0) & (pl.col("observation_date") > date(2025, 1, 1)))
    assert moves["observation_date"].to_list() == [date(2025, 9, 18), date(2025, 10, 30), date(2025, 12, 11)]


def test_blank_months_are_no_rows(frames: Any) -> None:
    months = frames("CPIAUCSL")["fred_observations"]["observation_date"].to_list()
    assert date(2025, 9, 1) in months
    assert date(2025, 10, 1) not in months


@pytest.mark.parametrize(("as_of", "premium", "last"), [(date(2025, 3, 1), 2.846, 2023), (date(2026, 2, 1), 2.503, 2025)])
def test_the_size_premium_of_a_vintage_is_the_published_one(replay: Any, asking: Any, as_of: date, premium: float, last: int) -> None:
    with replay(as_of) as provider:
        one = catalog()["FF_FACTORS"]
        frame = READERS["french"].read(one, asking(provider.url), Window(None, as_of))["french_returns"]
    annual = frame.filter((pl.col("frequency") == "annual") & (pl.col("portfolio") == "SMB") & (pl.col("period_end") <= date(last, 12, 31)))
    assert annual.height == last - 1926
    assert round(float(annual["value"].mean()), 3) == premium  # type: ignore[arg-type]


def test_no_number_of_a_french_file_is_lost(replay: Any, asking: Any, replay_world: Path) -> None:
    """Counted in the raw files: cells of the return tables that are not signs for missing."""
    for path in sorted((replay_world / "french").glob("*/*.zip")):
        with zipfile.ZipFile(path) as archive:
            text = archive.read(archive.namelist()[0]).decode()
        due, counts = 0, False
        for line in text.splitlines():
            cells = [c.strip() for c in line.split(",")]
            if line.strip() and not cells[0].isdigit() and cells[0]:
                counts = "Number of Firms" in line or "Average Firm Size" in line
            if cells[0].isdigit() and not counts:
                due += sum(float(c) not in (-99.99, -999) for c in cells[1:])
        series_id = "FF_FACTORS" if "Factors" in path.name else "FF_SIZE_PORTFOLIOS"
        with replay(date.fromisoformat(path.parent.name)) as provider:
            frame = READERS["french"].read(catalog()[series_id], asking(provider.url), Window(None, AS_OF))["french_returns"]
        assert frame.height == due, path


def test_every_month_of_shillers_file_is_there_once(frames: Any, replay_world: Path) -> None:
    months = frames("SHILLER_SP500")["shiller_months"]
    due = pl.date_range(date(1871, 1, 31), date(2025, 12, 31), "1mo", eager=True).dt.month_end()
    assert months["month_end"].to_list() == due.to_list()
    whole = frames("SHILLER_SP500", Window(None, date(2026, 12, 31)))["shiller_months"]
    assert whole["month_end"].max() == date(2026, 5, 31)
    assert whole["earnings"].tail(2).to_list() == [None, None]
    sheet = fastexcel.read_excel(replay_world / "shiller" / "ie_data.xls").load_sheet("Data", header_row=None, dtypes="string").to_polars()
    assert whole.height == sheet["__UNNAMED__0"].str.contains(r"^\d{4}\.\d{1,2}$").sum()


@pytest.mark.parametrize("fault", ["404", "429", "500", "html", "empty", "cut", "garbage"])
@pytest.mark.parametrize("series_id", ["R2000", "IWM.tiingo", "SP500.stooq", "DGS2", "FF_FACTORS", "SHILLER_SP500"])
def test_every_fault_of_every_provider_is_one_named_error(replay: Any, asking: Any, monkeypatch: Any, series_id: str, fault: str) -> None:
    monkeypatch.setattr("pipelines.sources.transport.BACKOFF_S", 0.01)
    one = catalog()[series_id]
    with replay(AS_OF, [f"*={fault}"]) as provider:
        client = asking(provider.url, tokens=TOKENS, retries=1)
        with pytest.raises(SourceError) as caught:
            READERS[one.provider].read(one, client, Window(None, AS_OF))
        assert caught.value.cure
        assert len(provider.log()) == (2 if fault in ("429", "500") else 1)


def test_a_provider_that_recovers_is_read(replay: Any, asking: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("pipelines.sources.transport.BACKOFF_S", 0.01)
    with replay(AS_OF, ["*=500:2"]) as provider:
        found = READERS["fred"].read(catalog()["DGS2"], asking(provider.url), Window(None, AS_OF))
        assert found["fred_observations"].height > 10_000
        assert len(provider.log()) == 3


def test_the_vendors_samples_are_taken_from_the_drop_folder(replay_world: Path, tmp_path: Path) -> None:
    for place, name in (
        ("bars/R2000", "adj_close_r2000_sample_312.parquet"),
        ("bars/SP500", "adj_close_sp500_sample_165.parquet"),
        ("bars/instruments", "ohlcv_large_sample_60.parquet"),
        ("constituents/SP500", "constituents_sp500_2026-08.csv"),
    ):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / name).write_bytes((replay_world / "drops" / name).read_bytes())
    found = {f.collection or "": drop.read(f).frame.drop(drop.LINE) for f in drop.scan(tmp_path) if f.table == "drop_bars"}
    assert found["R2000"].height == 771_188
    assert found["R2000"]["symbol"].n_unique() == 312
    assert found["SP500"]["price_basis"].unique().to_list() == ["total_return"]
    assert found["instruments"]["price_basis"].unique().to_list() == ["split_adjusted"]
    (members,) = (drop.read(f).frame.drop(drop.LINE) for f in drop.scan(tmp_path) if f.table == "drop_constituents")
    assert members.height == 503
    assert members["snapshot_date"].unique().to_list() == [date(2026, 8, 31)]


def test_the_recorded_list_of_targets_is_taken_as_it_is(replay_world: Path, tmp_path: Path) -> None:
    name = "analyst_targets_nasdaq100_2026-08.csv"
    (tmp_path / "targets" / "NASDAQ100").mkdir(parents=True)
    (tmp_path / "targets" / "NASDAQ100" / name).write_bytes((replay_world / "drops" / name).read_bytes())
    (file,) = drop.scan(tmp_path)
    frame = drop.read(file, date(2026, 8, 21), date(2026, 11, 22)).frame.drop(drop.LINE)
    theirs = pl.read_csv(replay_world / "drops" / name, try_parse_dates=True)
    assert frame.columns == [c.name for c in contracts()["drop_targets"].columns]
    assert frame.height == theirs.height == 1327
    assert frame["captured_on"].n_unique() == 13
    for ours, column in (("captured_on", "date"), ("symbol", "ticker"), ("target_mean", "target_mean"), ("analysts_n", "analysts")):
        assert frame[ours].to_list() == theirs[column].to_list()
    assert frame["list_id"].unique().to_list() == ["NASDAQ100"]
    assert frame["target_date"].null_count() == frame.height  # the list has none, and none is made up


def test_where_pandas_datareader_reads_a_french_file_it_reads_what_we_read(replay: Any, asking: Any, replay_world: Path) -> None:
    compared = 0
    for path in sorted((replay_world / "french").glob("*/*.zip")):
        one = catalog()["FF_FACTORS" if "Factors" in path.name else "FF_SIZE_PORTFOLIOS"]
        with replay(date.fromisoformat(path.parent.name)) as provider:
            client = asking(provider.url)
            ours = READERS["french"].read(one, client, ALL)["french_returns"]
            with client.session("french", "zip") as session:
                reader = FamaFrenchReader(one.symbol, date(1900, 1, 1), AS_OF, retry_count=0, session=session)
                try:
                    theirs = reader.read()[0]["SMB" if one.series_id == "FF_FACTORS" else "Lo 30"]
                except ParserError:  # lines that end in LF
                    continue
        monthly = ours.filter((pl.col("frequency") == "monthly") & (pl.col("weighting") != "equal") & (pl.col("portfolio") == theirs.name))
        in_time = monthly.filter(pl.col("period_end") <= date(2026, 1, 31))
        assert in_time["value"].to_list() == theirs.to_list()
        assert str(theirs.index[-1]) == str(in_time["period_end"][-1])[:7]
        compared += 1
    assert compared == 5
