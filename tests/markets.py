"""A published market beside the raw rows it was made from, for who recomputes it. Not for tests or fixtures."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from worlds import database, work_file

from pipelines.settings import ROOT, Mode

SEEDS = ROOT / "dbt_project" / "seeds"


@dataclass(frozen=True)
class Market:
    """One published warehouse and the raw rows it was made from."""

    folder: Path
    mode: Mode
    as_of: date

    def _ask(self, file: Path, sql: str) -> pl.DataFrame:
        with duckdb.connect(str(file), read_only=True) as connection:
            frame: pl.DataFrame = connection.sql(sql).pl()
            return frame

    def mart(self, sql: str) -> pl.DataFrame:
        """A query on the published file, decimals as floats."""
        found = self._ask(database(self.folder, self.mode), sql)
        return found.with_columns(pl.col(c).cast(pl.Float64) for c, t in found.schema.items() if t.is_decimal())

    def raw(self, table: str, *key: str) -> pl.DataFrame:
        """The newest version of each key of a raw table that was known on the day."""
        rows = self._ask(work_file(self.folder, self.mode), f"select * from raw.{table}").filter(pl.col("known_on") <= self.as_of)
        return rows.sort("known_on", "pulled_at").unique(key, keep="last", maintain_order=True)

    @cached_property
    def prices(self) -> pl.DataFrame:
        """Full-session bars of every instrument from the first provider that has the day, linked through splits."""
        series = pl.read_csv(SEEDS / "series_catalog.csv").filter(pl.col("instrument_id").is_not_null())
        bars = []
        for provider in ("yahoo", "tiingo"):
            own = series.filter(pl.col("provider") == provider).select("symbol", "instrument_id", "priority", "kind")
            splits = self.raw(f"{provider}_actions", "symbol", "action_date", "kind").filter(pl.col("kind") == "split").sort("action_date")
            splits = splits.select("symbol", "action_date", factor=pl.col("value").cum_prod().over("symbol"))
            adjusted = self.raw(f"{provider}_adjusted_closes", "symbol", "session_date").select("symbol", "session_date", "adjusted_close")
            rows = self.raw(f"{provider}_bars", "symbol", "session_date").join(own, on="symbol").sort("session_date")
            rows = rows.join(adjusted, on=["symbol", "session_date"], how="left", maintain_order="left").sort("session_date")
            bars.append(
                rows.join_asof(
                    splits, left_on="session_date", right_on="action_date", by="symbol", strategy="backward", check_sortedness=False
                )
            )
        both = pl.concat(bars, how="diagonal_relaxed").with_columns(pl.col("factor").fill_null(1.0))
        first = both.filter(~pl.col("is_partial")).sort("instrument_id", "session_date", "priority")
        first = first.unique(["instrument_id", "session_date"], keep="first", maintain_order=True)
        return first.with_columns(level=pl.col("close") * pl.col("factor")).sort("instrument_id", "session_date")

    def level(self, instrument_id: str, basis: str = "price") -> pl.DataFrame:
        """What returns are taken from; for a total return of what is held as a price, the adjusted closes."""
        held = self.mart(f"select price_basis from marts.dim_instrument where instrument_id = '{instrument_id}'").item()
        own = self.prices.filter(pl.col("instrument_id") == instrument_id)
        if basis == "total_return" and held == "price":
            own = own.filter(pl.col("adjusted_close").is_not_null()).with_columns(level=pl.col("adjusted_close"))
        return own.select("session_date", "level")

    @cached_property
    def pairs(self) -> list[tuple[str, str, str]]:
        """Small, large and the basis they are compared on."""
        return self.mart("select distinct small_id, large_id, price_basis from marts.fct_rotation_daily order by all").rows()

    def pair(self, small_id: str, large_id: str, basis: str) -> pl.DataFrame:
        """Both levels on the sessions both have."""
        small = self.level(small_id, basis).rename({"level": "small"})
        return small.join(self.level(large_id, basis).rename({"level": "large"}), on="session_date").sort("session_date")


def assert_close(found: pl.Series | np.ndarray, wanted: pl.Series | np.ndarray, tolerance: float, what: str) -> None:
    """Equal within the rounding of what is published, empty where the other is."""
    one, other = (
        np.asarray(v.cast(pl.Float64).fill_null(float("nan")) if isinstance(v, pl.Series) else v, dtype=float) for v in (found, wanted)
    )
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=tolerance, equal_nan=True, err_msg=what)
