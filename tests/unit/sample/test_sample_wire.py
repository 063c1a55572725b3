"""The simulated market speaks the providers' wire forms: what stands in them is what was generated, cut at the day."""

from collections.abc import Callable
from datetime import date
from importlib import import_module

import fastexcel
import numpy as np
import pandas as pd
import polars as pl
import pytest
import requests
from pandas_datareader.famafrench import FamaFrenchReader
from pandas_datareader.fred import FredReader

from pipelines.catalog import Series, catalog
from pipelines.sample.calendar import SAMPLE_END, SampleError, calendar
from pipelines.sample.market import SampleMarket
from pipelines.sample.wire import SampleTransport
from pipelines.sources.http import Client
from pipelines.sources.interface import Window

EARLY = date(2020, 3, 20)
Ask = Callable[[date, str], requests.Response]
ClientAsOf = Callable[[date], Client]
DAYS = ("session_date", "action_date", "observation_date", "month_end")
CHART = "https://query1.finance.yahoo.com/v8/finance/chart/{}?period1={}&period2={}&interval=1d&events=div,splits"


def _read(series: Series, client: Client, as_of: date) -> dict[str, pl.DataFrame]:
    reader = import_module(f"pipelines.sources.{series.provider}")
    frames: dict[str, pl.DataFrame] = reader.read(series, client, Window(None, as_of))
    dated = pl.selectors.by_name(*DAYS, require_all=False)
    return {table: frame.with_columns(dated.cast(pl.String).str.to_date()) for table, frame in frames.items()}


@pytest.mark.parametrize(
    "series",
    [*catalog().of("yahoo"), *catalog().of("tiingo"), *catalog().of("alphavantage"), catalog()["SP500.stooq"]],
    ids=lambda s: s.series_id,
)
def test_the_readers_get_back_the_very_bars_that_were_generated(market: SampleMarket, client_as_of: ClientAsOf, series: Series) -> None:
    frames = _read(series, client_as_of(SAMPLE_END), SAMPLE_END)
    bars, truth = frames[f"{series.provider}_bars"], market.bars(series)
    assert bars["session_date"].to_list() == truth.days.tolist()
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(bars[name].cast(pl.Float64).to_numpy(), getattr(truth, name))
    assert not bars["is_partial"].any()
    if series.provider == "stooq":
        return  # it has no actions
    actions = frames[f"{series.provider}_actions"]
    for kind, values in (("dividend", truth.dividend[truth.dividend > 0]), ("split", truth.split[truth.split != 1])):
        assert actions.filter(pl.col("kind") == kind)["value"].to_list() == values.tolist()


@pytest.mark.parametrize("series", [s for s in catalog() if s.provider in ("fred", "french", "shiller")], ids=lambda s: s.series_id)
def test_the_readers_read_every_other_series(client_as_of: ClientAsOf, series: Series) -> None:
    (frame,) = _read(series, client_as_of(SAMPLE_END), SAMPLE_END).values()
    assert frame.height > 30
    assert frame.null_count().drop("cape", strict=False).sum_horizontal().item() == 0


@pytest.mark.parametrize(
    "series",
    [s for s in catalog() if s.provider not in ("french", "drop") and s.kind not in ("holdings", "filings")],
    ids=lambda s: s.series_id,
)
def test_an_earlier_day_knows_the_same_values_and_no_later_ones(client_as_of: ClientAsOf, series: Series) -> None:
    then, now = (_read(series, client_as_of(day), SAMPLE_END) for day in (EARLY, SAMPLE_END))
    for table, frame in then.items():
        if table.endswith("adjusted_closes"):
            continue  # a dividend rewrites them, as in life
        day = next(c for c in DAYS if c in frame.columns)
        known = pl.lit(EARLY) - pl.duration(days=series.lag_days)
        assert frame.equals(now[table].filter(pl.col(day) <= known)), table


def test_a_month_earlier_the_library_had_an_older_vintage_with_the_same_values(client_as_of: ClientAsOf) -> None:
    for series in catalog().of("french"):
        frames = [_read(series, client_as_of(day), day)["french_returns"] for day in (date(2025, 12, 12), SAMPLE_END)]
        assert [f["vintage"][0] for f in frames] == ["202509", "202510"]
        key = ["frequency", "weighting", "period_end", "portfolio"]
        both = frames[0].join(frames[1], on=key, how="left", suffix="_later")
        assert (both["value"] == both["value_later"]).all()


def test_only_whole_years_are_annual(client_as_of: ClientAsOf) -> None:
    series = catalog()["FF_FACTORS"]
    for day, last in ((date(2025, 1, 31), 2023), (date(2025, 2, 20), 2024), (SAMPLE_END, 2024)):
        frame = _read(series, client_as_of(day), day)["french_returns"]
        assert frame.filter(pl.col("frequency") == "annual")["period_end"].max() == date(last, 12, 31)


def test_pandas_datareader_reads_fred_and_the_library_by_itself() -> None:
    with requests.Session() as session:
        session.mount("https://", SampleTransport(SAMPLE_END))
        session.mount("http://", SampleTransport(SAMPLE_END))
        rates = FredReader("DGS10", "2025-12-20", "2026-01-09", session=session).read()
        tables = FamaFrenchReader("Portfolios_Formed_on_ME", "1900-01-01", "2026-01-09", session=session).read()
        factors = FamaFrenchReader("F-F_Research_Data_Factors", "1900-01-01", "2026-01-09", session=session).read()
    assert np.isnan(rates.loc["2025-12-25", "DGS10"])
    assert rates.index[-1] == pd.Timestamp("2026-01-08"), "one day's lag"
    assert [tables[i].shape[1] for i in range(6)] == [19] * 6
    assert "SIMULATED" in tables["DESCR"]
    assert factors[1].loc["2024", "SMB"].item() == -11.34


def test_yahoo_honours_the_window_and_puts_its_events_inside(market: SampleMarket, ask: Ask) -> None:
    series = catalog()["IWM"]
    bars = market.bars(series)
    at = int(np.flatnonzero(bars.split != 1)[0])
    low, high = int(bars.opens_at[at - 2]), int(bars.opens_at[at + 2])
    result = ask(SAMPLE_END, CHART.format("IWM", low, high)).json()["chart"]["result"][0]
    assert result["timestamp"] == bars.opens_at[at - 2 : at + 2].tolist()
    (split,) = result["events"]["splits"].values()
    assert (split["numerator"], split["denominator"], split["splitRatio"]) == (2, 1, "2:1")
    close = result["indicators"]["quote"][0]["close"]
    assert close == [*(bars.close[at - 2 : at] / 2).tolist(), *bars.close[at : at + 2].tolist()]
    assert ask(EARLY, CHART.format("IWM", high, high)).json()["chart"]["result"][0]["timestamp"] == []


def test_a_day_before_the_split_nobody_knows_of_it(market: SampleMarket, ask: Ask) -> None:
    bars = market.bars(catalog()["IWM"])
    at = int(np.flatnonzero(bars.split != 1)[0])
    result = ask(bars.days[at - 1].item(), CHART.format("IWM", 0, 9e9)).json()["chart"]["result"][0]
    assert "splits" not in result.get("events", {})
    assert result["indicators"]["quote"][0]["close"] == bars.close[:at].tolist()
    assert result["meta"]["regularMarketTime"] == calendar().closes[calendar().at(bars.days[at - 1])]


def test_adjusted_closes_carry_the_dividends(market: SampleMarket, ask: Ask) -> None:
    bars = market.bars(catalog()["SPY"])
    adjusted = np.array(ask(SAMPLE_END, CHART.format("SPY", 0, 9e9)).json()["chart"]["result"][0]["indicators"]["adjclose"][0]["adjclose"])
    at = np.flatnonzero(bars.dividend > 0)
    np.testing.assert_allclose(adjusted[at] / adjusted[at - 1], bars.close[at] / (bars.close[at - 1] - bars.dividend[at]), rtol=1e-6)
    assert adjusted[-1] == bars.close[-1]


def test_fred_honours_the_window(ask: Ask) -> None:
    text = ask(SAMPLE_END, "https://fred.stlouisfed.org/graph/fredgraph.csv?id=DGS2&cosd=2025-12-24&coed=2025-12-26").text
    lines = text.splitlines()
    assert lines[0] == "observation_date,DGS2"
    assert lines[2] == "2025-12-25,"
    assert len(lines) == 4


def test_nothing_says_it_is_a_market(ask: Ask) -> None:
    assert "SIMULATED" in ask(SAMPLE_END, CHART.format("SPY", 0, 9e9)).text
    book = fastexcel.read_excel(ask(SAMPLE_END, "https://shillerdata.com/any/ie_data.xls").content)
    assert book.sheet_names == ["Disclaimer", "Data"]
    assert "SIMULATED" in str(book.load_sheet("Data", header_row=None).to_polars().item(0, 0))


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://query1.finance.yahoo.com/v8/finance/chart/NOSUCH", 404),
        ("https://api.tiingo.com/tiingo/daily/IWM/prices", 403),
        ("https://stooq.com/q/d/l/?s=iwm.us", 200),
        ("https://www.alphavantage.co/query?symbol=IWM", 200),
        ("https://api.tiingo.com/tiingo/daily/NOSUCH/prices?token=simulated", 404),
        ("https://fred.stlouisfed.org/graph/fredgraph.csv?id=NOSUCH", 404),
        ("https://fred.stlouisfed.org/graph/fredgraph.csv?id=DGS2&cosd=yesterday", 400),
        ("https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/ftp/NOSUCH_CSV.zip", 404),
        ("https://example.org/", 404),
    ],
)
def test_what_the_provider_would_refuse_is_refused(ask: Ask, url: str, status: int) -> None:
    assert ask(SAMPLE_END, url).status_code == status


@pytest.mark.parametrize("day", [date(2026, 1, 10), date(1985, 12, 31)])
def test_a_day_outside_the_market_is_refused_with_the_cure(day: date) -> None:
    with pytest.raises(SampleError, match=r"Ask for .* (earlier|later) day"):
        SampleTransport(day)
