"""Poisoned holdings: each is named by the check it fails, and nothing of the fund's list is merged."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import duckdb
import polars as pl
import pytest

from pipelines.assets.landing.assets import message
from pipelines.assets.landing.batch import Batch, Pull, Scope, judge, merge_passed
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.sources import holdings
from pipelines.sources.exchange import to_sessions

FUND, FILING = catalog()["IWM_HOLDINGS"], catalog()["IWM_NPORT"]
AS_OF = date(2026, 1, 9)


@pytest.fixture
def connection(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with Warehouse(warehouse, "live").work() as connection:
        yield connection


@pytest.fixture
def scope() -> Scope:
    return Scope("run-1", AS_OF, AS_OF, "observed", to_sessions, datetime(2026, 1, 10, tzinfo=UTC))


def lines() -> pl.DataFrame:
    """Ten equities of 9.95 percent each, and cash."""
    equity = [{"ticker": f"T{i}", "name": f"Test {i}", "asset_class": "equity", "weight_pct": 9.95, "shares": 10.0 + i} for i in range(10)]
    return holdings.frame("IWM", "2026-01-08", [*equity, {"ticker": "USD", "name": "USD CASH", "asset_class": "cash", "weight_pct": 0.5}])


def land(connection: duckdb.DuckDBPyConnection, scope: Scope, frame: pl.DataFrame) -> Batch:
    return judge(connection, contracts()["ishares_holdings"], [Pull(FUND, {"ishares_holdings": frame})], scope)


def filed(frame: pl.DataFrame, accession: str = "0000000001-26-000001", filed_on: str = "2026-01-07") -> pl.DataFrame:
    return frame.select(
        pl.lit(FILING.symbol).alias("edgar_series"),
        pl.all(),
        pl.lit(accession).alias("accession"),
        pl.lit(filed_on).alias("filed_on"),
    )


def failed(batch: Batch) -> set[str]:
    return {c.check for c in batch.checks if not c.passed}


def at(line: int, name: str, value: object) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda f: f.with_columns(pl.when(pl.col("line_no") == line).then(pl.lit(value)).otherwise(pl.col(name)).alias(name))


def again(frame: pl.DataFrame) -> pl.DataFrame:
    """The first line once more at the end, in the place of cash."""
    first = frame.head(1).with_columns(line_no=pl.lit(11, pl.Int64))
    return pl.concat([frame.head(10), first])


POISON: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = {
    "cut off": (lambda f: f.head(7), "holdings_sum_to_100"),
    "given twice": (lambda f: pl.concat([f, f.with_columns(line_no=pl.col("line_no") + 11)]), "holdings_sum_to_100"),
    "a fraction": (lambda f: f.with_columns(pl.col("weight_pct") / 100), "holdings_sum_to_100"),
    "one line twice": (again, "security_is_once"),
    "one place twice": (at(2, "line_no", 1), "key_is_unique"),
    "a weight that is a word": (lambda f: at(1, "weight_pct", "heavy")(f.cast({"weight_pct": pl.String})), "rows_readable"),
    "no weight": (at(1, "weight_pct", None), "rows_readable"),
    "an unknown class": (at(1, "asset_class", "coin"), "values_in_limits"),
    "a weight beyond": (at(1, "weight_pct", 995.0), "values_in_limits"),
}


@pytest.mark.parametrize("kind", POISON)
def test_a_poisoned_list_is_named_with_its_cure_and_nothing_of_it_is_merged(
    connection: duckdb.DuckDBPyConnection, scope: Scope, kind: str
) -> None:
    spoil, check = POISON[kind]
    batch = land(connection, scope, spoil(lines()))
    assert check in failed(batch)
    outcome = next(c for c in batch.checks if c.check == check)
    told = message("ishares_holdings", check, outcome.observed, outcome.failing_series)
    assert "IWM_HOLDINGS for raw.ishares_holdings" in told
    assert "It guards against" in told
    merge_passed(connection, batch, set(outcome.failing_series), scope)
    assert connection.execute("select count(*) from raw.ishares_holdings").fetchall() == [(0,)]


def test_a_good_list_is_known_the_session_after(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    batch = land(connection, scope, lines())
    assert failed(batch) == set()
    merge_passed(connection, batch, set(), scope)
    assert connection.execute("select distinct holdings_date, known_on from raw.ishares_holdings").fetchall() == [(date(2026, 1, 8), AS_OF)]


def test_two_lines_without_weight_may_be_alike(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    rights = {"name": "Test Rights", "asset_class": "equity", "weight_pct": 0.0, "shares": 5.0}
    two = holdings.frame("IWM", "2026-01-08", [rights, rights]).with_columns(line_no=pl.col("line_no") + 11)
    assert failed(land(connection, scope, pl.concat([lines(), two], how="vertical_relaxed"))) == set()


def test_a_filing_is_known_the_session_after_it_was_filed_and_an_amendment_stands_beside_it(
    connection: duckdb.DuckDBPyConnection, scope: Scope
) -> None:
    contract = contracts()["nport_holdings"]
    both = pl.concat([filed(lines()), filed(at(1, "name", "Renamed")(lines()), "0000000001-26-000002", "2026-01-08")])
    batch = judge(connection, contract, [Pull(FILING, {"nport_holdings": both})], scope)
    assert failed(batch) == set()
    merge_passed(connection, batch, set(), scope)
    known = connection.execute("select distinct accession, known_on from raw.nport_holdings order by 1").fetchall()
    assert known == [("0000000001-26-000001", date(2026, 1, 8)), ("0000000001-26-000002", AS_OF)]


@pytest.mark.parametrize(
    "spoil", [lambda f: f.head(9), lambda f: f.with_columns(pl.col("weight_pct") / 100), at(1, "asset_class", "other")]
)
def test_a_filing_whose_equities_are_far_from_the_whole_is_refused(
    connection: duckdb.DuckDBPyConnection, scope: Scope, spoil: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    pull = Pull(FILING, {"nport_holdings": filed(spoil(lines()))})
    assert failed(judge(connection, contracts()["nport_holdings"], [pull], scope)) == {"equities_near_100"}
