"""`rotation indicators` on the published sample: against the marts, against TA-Lib, and what it says where it cannot answer."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
import talib
import yaml
from polars.testing import assert_frame_equal
from worlds import AT_ONCE, working_in

from pipelines.report.indicator_sql import GAP_SESSIONS, TOLERANCE_DAYS
from pipelines.report.indicators import computed
from pipelines.resources.warehouse import WarehouseError
from pipelines.settings import ROOT, Settings

Said = tuple[int, str, str]
COMPANY = "SIM0644"


@pytest.fixture(scope="module")
def held(sample_at_once: Path) -> Iterator[Settings]:
    """The sample as one run left it, read and not written."""
    with working_in(sample_at_once) as settings:
        yield settings


def of(held: Settings, symbol: str, collection: str | None = None, as_of: date | None = None) -> pl.DataFrame:
    return computed(held, "sample", symbol, collection, as_of, None, None).frame


def asked(file: Path, query: str) -> pl.DataFrame:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.sql(query).pl()


def published(held: Settings, query: str) -> pl.DataFrame:
    return asked(held.published("sample") / "rotation.duckdb", query)


@pytest.fixture(scope="module")
def company(held: Settings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The bars of a company as they came in, and its indicators."""
    query = f"select session_date, close, volume from raw.drop_bars where collection = 'R2000' and symbol = '{COMPANY}' order by all"
    return asked(held.work_file("sample"), query), of(held, COMPANY, "R2000")


def test_gaps_and_tolerances_are_those_of_the_models() -> None:
    said = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    assert (said["member_gap_sessions"], said["base_close_tolerance_days"]) == (GAP_SESSIONS, TOLERANCE_DAYS)


@pytest.mark.slow
@pytest.mark.parametrize("instrument", ["R2000", "IWM", "NASDAQ_COMP", "XLK"])
def test_an_instrument_has_what_its_mart_has(held: Settings, instrument: str) -> None:
    """An index with a fund and one without, a fund, and one that split."""
    found = of(held, instrument)
    mart = published(held, f"from marts.fct_technicals_daily where instrument_id = '{instrument}' order by session_date")
    both = [c for c in mart.columns if c in found.columns]
    assert len(both) >= 19, "session, close, 7 values and 7 reasons, volume, its ratio and reason, what kind of bar"
    assert mart.height > 2000
    assert_frame_equal(found.select(both), mart.select(both), check_exact=True)


@pytest.mark.slow
def test_returns_are_those_of_the_mart(held: Settings) -> None:
    found = of(held, "IWM")
    mart = published(
        held,
        "select session_date, horizon, return_pct, return_reason from marts.fct_performance_daily where instrument_id = 'IWM' and price_basis = 'price' order by all",
    )
    for horizon in ("1d", "1m", "ytd", "1y"):
        own = found.select("session_date", return_pct=f"return_{horizon}_pct", return_reason=f"return_{horizon}_reason")
        assert_frame_equal(own, mart.filter(pl.col("horizon") == horizon).drop("horizon"), check_exact=True)


@pytest.mark.slow
def test_averages_and_rsi_of_a_company_are_those_of_ta_lib(company: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    bars, found = company
    close = bars["close"].to_numpy()
    assert found["session_date"].to_list() == bars["session_date"].to_list()
    for name, wanted in (("sma_50", talib.SMA(close, 50)), ("sma_200", talib.SMA(close, 200)), ("rsi_14", talib.RSI(close, 14))):
        ours = found[name].cast(pl.Float64).to_numpy()
        assert np.isfinite(ours).sum() > 500
        assert (np.isnan(ours) == np.isnan(wanted)).all(), name
        assert np.nanmax(np.abs(ours - wanted)) < 5.1e-5, name  # published with four places


@pytest.mark.slow
def test_what_is_not_there_yet_says_that_it_warms_up(company: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    _, found = company
    for name, reason, bars in (
        ("sma_50", "sma_50_reason", 49), ("sma_200", "sma_200_reason", 199), ("slope_sma_50_20d_pct", "slope_sma_50_reason", 69), ("rsi_14", "rsi_14_reason", 14),
        ("slope_sma_200_20d_pct", "slope_sma_200_reason", 219), ("high_252d", "high_252d_reason", 251), ("low_252d", "low_252d_reason", 251),
        ("volume_ratio_63d", "volume_ratio_reason", 63),
    ):  # fmt: skip
        assert found[name].null_count() == bars, name
        assert found[reason].to_list() == ["warm_up"] * bars + [None] * (found.height - bars), name
    assert found["return_1d_reason"][0] == found["return_1y_reason"][0] == "history_starts_later"


@pytest.mark.slow
def test_strength_is_against_the_index_of_the_universe(held: Settings, company: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    bars, found = company
    index = published(held, "select session_date, close::double as level from marts.fct_technicals_daily where instrument_id = 'R2000'")
    ratio = bars.join(index, on="session_date").sort("session_date").select(ratio=pl.col("close") / pl.col("level"))["ratio"]
    assert found["relative_strength"][0] == 100
    assert np.abs(found["relative_strength"].cast(pl.Float64).to_numpy() - (100 * ratio / ratio[0]).to_numpy()).max() < 1e-3
    assert of(held, "IWM")["relative_strength_reason"].unique().to_list() == ["no_benchmark"]


@pytest.mark.slow
def test_no_value_of_an_earlier_day_is_another_as_known_then(held: Settings, company: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    _, found = company
    day = found["session_date"][400]
    assert_frame_equal(of(held, COMPANY, "R2000", day), found.head(401), check_exact=True)


@pytest.mark.slow
def test_it_says_what_it_was_asked_wrongly(held: Settings, rotation: Callable[..., Said]) -> None:
    both = asked(
        held.work_file("sample"), "select symbol from raw.drop_bars group by 1 having count(distinct collection) = 2 order by 1 limit 1"
    ).item()
    for words, wanted in (
        (["SIM012"], "No bars of 'SIM012' are held"),
        ([COMPANY.lower()], f"Nearest: {COMPANY}"),
        ([both], f"{both} is held in R2000, SP500"),
        ([COMPANY, "--collection", "SP600"], "not in 'SP600'"),
        ([COMPANY, "--collection", "R2000", "--as-of", "2030-01-02"], f"the last run was as of {AT_ONCE}"),
        ([COMPANY, "--collection", "R2000", "--from", "2029-01-01"], "has no session from 2029-01-01"),
        ([COMPANY, "--collection", "R2000", "--as-of", "1995-01-03"], "No bar of it was known then"),
    ):
        code, _, err = rotation("indicators", "--sources", "sample", *words)
        assert (code, wanted in err) == (1, True), (words, err)
    with pytest.raises(WarehouseError, match="nothing of the live market has come in"):
        computed(held, "live", "IWM", None, None, None, None)


@pytest.mark.slow
def test_while_a_run_writes_it_says_who_does(sample: Settings, rotation: Callable[..., Said]) -> None:
    file = sample.work_file("sample")
    file.with_name("run.holder").write_text("process 4711 (run abc)", encoding="utf-8")
    writer = f"import duckdb, sys; c = duckdb.connect({str(file)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", writer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        code, _, err = rotation("indicators", "IWM", "--sources", "sample")
        process.communicate()
    assert code == 1
    assert "are being written by process 4711 (run abc). Wait until it has ended" in err
    assert rotation("indicators", "IWM", "--sources", "sample")[0] == 0, "once it has ended"


@pytest.mark.slow
@pytest.mark.usefixtures("held")
def test_it_draws_the_newest_sessions_and_writes_all(rotation: Callable[..., Said]) -> None:
    code, drawn, err = rotation("indicators", COMPANY, "--collection", "R2000", "--sources", "sample", "--limit", "2")
    assert (code, drawn.count("SIMULATED"), "SIMULATED" in err) == (0, 1, True)
    assert "rsi_14" in drawn
    assert drawn.count("20") > 2
    written = rotation("indicators", COMPANY, "--collection", "R2000", "--sources", "sample", "--csv")[1]
    told = json.loads(rotation("indicators", COMPANY, "--collection", "R2000", "--sources", "sample", "--json")[1])
    assert written.startswith("\ufeffsymbol,collection,as_of_date,benchmark_id,session_date,close,")
    assert written.count("\r\n") == len(told) + 1 > 500
    assert {row["provenance"] for row in told} == {"simulated"}
    assert told[0]["rsi_14"] is None
    assert told[0]["rsi_14_reason"] == "warm_up"
