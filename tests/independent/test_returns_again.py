"""Returns, their pairs and the sectors, recomputed from raw closes over the exchange's own calendar. Not for risk or rotation."""

from datetime import date, timedelta

import exchange_calendars as xcals
import numpy as np
import polars as pl
import pytest
from markets import SEEDS, Market, assert_close
from scipy import stats

pytestmark = pytest.mark.slow
MONTHS = {"1m": 1, "3m": 3, "6m": 6, "1y": 12, "3y": 36, "5y": 60, "10y": 120, "15y": 180}
TOLERANCE_DAYS = 10
CALENDAR_TRUSTED = date(1970, 1, 1)


def _based(levels: pl.DataFrame, horizon: str) -> pl.DataFrame:
    """Each session's level with the one its return starts from; nothing where it would start too far from the day asked for."""
    day = pl.col("session_date")
    wanted = day.dt.truncate("1y") - timedelta(days=1) if horizon == "ytd" else day.dt.offset_by(f"-{MONTHS[horizon]}mo")
    base = levels.select(base_date="session_date", base="level")
    found = levels.with_columns(wanted=wanted).sort("wanted").join_asof(base, left_on="wanted", right_on="base_date", strategy="backward")
    near = pl.col("base_date") >= pl.col("wanted") - timedelta(days=TOLERANCE_DAYS)
    return found.with_columns(pl.when(near).then(c).alias(c) for c in ("base_date", "base")).sort("session_date")


@pytest.mark.independent("fct_performance_daily", against="raw closes, month arithmetic of Polars, the calendar of exchange_calendars")
def test_every_return_is_close_over_base_by_another_hand(market: Market) -> None:
    held = market.mart(
        "select session_date, instrument_id, horizon, base_date, base_close, close, return_pct, annualised_return_pct from marts.fct_performance_daily"
    )
    sessions = xcals.get_calendar("XNYS", start="1970-01-01", end=str(market.as_of)).sessions.to_numpy().astype("datetime64[D]")
    number = pl.DataFrame({"session_date": sessions, "n": range(len(sessions))})
    for (instrument_id,), rows in held.group_by("instrument_id"):
        own = market.prices.filter(pl.col("instrument_id") == instrument_id)
        levels = own.select("session_date", "level", "factor").sort("session_date")
        for horizon in (*MONTHS, "ytd", "1d", "5d"):
            what = f"{instrument_id} {horizon}"
            if horizon in ("1d", "5d"):
                numbered = levels.join(number, on="session_date").with_columns(pl.col("n").cast(pl.Int64))
                base = numbered.select(n=pl.col("n") + int(horizon[0]), base="level", base_date="session_date")
                wanted = numbered.join(base, on="n", how="left").sort("session_date")
            else:
                wanted = _based(levels, horizon)
            found = rows.filter(pl.col("horizon") == horizon).sort("session_date")
            if horizon in ("1d", "5d"):  # before, a session is a day with a bar of the S&P 500
                later = pl.col("session_date") >= CALENDAR_TRUSTED + timedelta(days=30)
                found, wanted = found.filter(later), wanted.filter(pl.col("session_date") >= CALENDAR_TRUSTED + timedelta(days=30))
            assert found["session_date"].to_list() == wanted["session_date"].to_list(), what
            growth = wanted["level"] / wanted["base"]
            assert_close(found["return_pct"], (growth - 1) * 100, 5.1e-5, what)
            assert_close(found["close"], wanted["level"] / wanted["factor"], 5.1e-7, what)
            assert found["base_date"].to_list() == wanted["base_date"].to_list(), what
            if horizon in ("1y", "3y", "5y", "10y", "15y"):
                years = (wanted["session_date"] - wanted["base_date"]).dt.total_days() / 365.25
                annual = pl.DataFrame({"g": growth, "y": years}).select((pl.col("g") ** (1 / pl.col("y")) - 1) * 100).to_series()
                assert_close(found["annualised_return_pct"], annual, 5.1e-5, what)


@pytest.mark.independent("fct_performance_daily", against="numpy: a year's return is its days' returns compounded")
def test_days_compound_to_the_longer_horizons(market: Market) -> None:
    held = market.mart("select session_date, instrument_id, horizon, base_date, return_pct from marts.fct_performance_daily")
    for instrument_id in ("R2000", "SP500", "IWM"):
        own = held.filter((pl.col("instrument_id") == instrument_id) & (pl.col("session_date") >= date(1990, 1, 1)))
        daily = own.filter(pl.col("horizon") == "1d").sort("session_date")
        if daily["return_pct"][1:].null_count():  # a session without a bar breaks the chain, not the long return
            daily = daily.filter(pl.col("session_date") > daily.filter(pl.col("return_pct").is_null())["session_date"].max())
        index = np.cumprod(1 + daily["return_pct"].fill_null(0).to_numpy() / 100)
        chain = pl.DataFrame({"session_date": daily["session_date"], "index": index})
        years = own.filter((pl.col("horizon") == "1y") & pl.col("return_pct").is_not_null()).join(chain, on="session_date")
        years = years.join(chain.rename({"session_date": "base_date", "index": "base"}), on="base_date")
        assert years.height > 1_000
        assert_close(years["return_pct"], (years["index"] / years["base"] - 1) * 100, 0.01, instrument_id)  # 252 roundings


@pytest.mark.independent("fct_relative_performance_daily", against="raw closes of both sides, by the definitions of excess and multiple")
def test_small_against_large_is_what_their_raw_closes_give(market: Market) -> None:
    held = market.mart("select * from marts.fct_relative_performance_daily")
    for small_id, large_id, basis in market.pairs:
        what = f"{small_id}/{large_id}"
        rows = held.filter((pl.col("small_id") == small_id) & (pl.col("large_id") == large_id))
        both = market.pair(small_id, large_id, basis)
        strength = (both["small"] / both["large"]) / (both["small"][0] / both["large"][0]) * 100
        line = rows.unique(["session_date", "relative_strength"]).sort("session_date")
        assert line["session_date"].to_list() == both["session_date"].to_list(), what
        assert_close(line["relative_strength"], strength, 5.1e-7, what)
        for horizon in (*MONTHS, "ytd"):
            sides = [
                _based(market.level(name, basis), horizon).select("session_date", "base_date", growth=pl.col("level") / pl.col("base"))
                for name in (small_id, large_id)
            ]
            wanted = sides[0].join(sides[1], on="session_date", suffix="_large").sort("session_date")
            usable = pl.col("base_date") == pl.col("base_date_large")
            s, g = pl.col("growth"), pl.col("growth_large")
            wanted = wanted.with_columns(
                excess=pl.when(usable).then((s - g) * 100),
                geometric=pl.when(usable).then((s / g - 1) * 100),
                multiple=pl.when(usable & ((s - 1) * (g - 1) > 0) & ((g - 1).abs() >= 0.01)).then((s - 1) / (g - 1)),
                edge=((g - 1).abs() - 0.01).abs() < 1e-6,
            )
            found = rows.filter(pl.col("horizon") == horizon).sort("session_date")
            assert found["session_date"].to_list() == wanted["session_date"].to_list(), what
            assert_close(found["excess_pp"], wanted["excess"], 1.02e-4, f"{what} {horizon}")
            assert_close(found["geometric_excess_pct"], wanted["geometric"], 3e-3, f"{what} {horizon}")
            kept = ~wanted["edge"]
            # of returns rounded to four places: the multiple of a 1 % return is off by no more than its own size times that
            bound = 1.2e-4 * (1 + float(np.nanmax(np.abs(wanted["multiple"].to_numpy()))))
            assert_close(found["multiple"].filter(kept), wanted["multiple"].filter(kept), bound, f"{what} {horizon}")


@pytest.mark.independent("fct_sector_performance_daily", against="scipy.stats.rankdata over raw closes, the catalogue's sectors")
def test_sectors_are_ranked_as_scipy_ranks_them(market: Market) -> None:
    catalogue = pl.read_csv(SEEDS / "series_catalog.csv").filter(pl.col("sector").is_not_null() & pl.col("instrument_id").is_not_null())
    sectors = dict(catalogue.select("instrument_id", "sector").unique().rows())
    held = market.mart("select * from marts.fct_sector_performance_daily where horizon in ('1d', 'ytd', '1y')")
    assert dict(held.select("instrument_id", "sector").unique().rows()) == sectors
    returns = market.mart("select session_date, instrument_id, horizon, return_pct as wanted from marts.fct_performance_daily")
    joined = held.join(returns, on=["session_date", "instrument_id", "horizon"], how="left")
    assert joined.filter(pl.col("return_pct").ne_missing(pl.col("wanted"))).is_empty()
    for _, rows in held.group_by("session_date", "horizon", "price_basis"):
        known = rows.filter(pl.col("return_pct").is_not_null())
        assert known["rank"].to_list() == stats.rankdata(-known["return_pct"].to_numpy(), method="min").astype(int).tolist()
        assert rows["rank"].null_count() == rows.height - known.height
        assert set(rows["sectors_up_n"]) == {int((known["return_pct"] > 0).sum())}
        assert set(rows["sectors_n"]) == {known.height}
