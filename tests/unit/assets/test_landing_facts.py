"""Facts by the million are judged row by row: what is wrong is named and set aside, what is right comes in, and the counts add up."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.assets.landing.asked import loaded_requests, member_tickers
from pipelines.assets.landing.batch import Batch, Pull, Scope, judge, merge_passed
from pipelines.assets.landing.log import log_pulls, log_rejected
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.sources.exchange import to_sessions
from pipelines.sources.interface import Receipt

FACTS = contracts()["sec_facts"]
COMPANY, DATA_SETS = catalog()["SEC_COMPANY_FACTS"], catalog()["SEC_DATA_SETS"]
REVENUE = "RevenueFromContractWithCustomerExcludingAssessedTax"
COVER, AVERAGE = "EntityCommonStockSharesOutstanding", "WeightedAverageNumberOfSharesOutstandingBasic"
AS_OF = date(2026, 1, 9)


@pytest.fixture
def connection(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with Warehouse(warehouse, "live").work() as connection:
        yield connection


def scope(as_of: date = AS_OF, latest: date = AS_OF) -> Scope:
    return Scope("run-1", as_of, latest, "observed", to_sessions, datetime(2026, 1, 10, tzinfo=UTC))


def fact(quarter: int, value: float | None, tag: str = REVENUE, **changes: Any) -> dict[str, Any]:
    """A fact of the so-manieth quarter since 2022, filed 40 days after its end."""
    start = date(2022 + quarter // 4, quarter % 4 * 3 + 1, 1)
    end = (start + timedelta(days=100)).replace(day=1) - timedelta(days=1)
    is_count = tag == COVER
    taxonomy, unit = ("dei", "shares") if is_count else ("us-gaap", "shares" if tag == AVERAGE else "USD")
    return {
        "cik": 7, "taxonomy": taxonomy, "tag": tag, "unit": unit, "period_start": end if is_count or tag == "Assets" else start, "period_end": end,
        "accession": f"q{quarter}", "value": value, "form": "10-Q", "fiscal_year": 2022, "fiscal_period": "Q1",
        "filed_on": end + timedelta(days=40), "accepted_at": None, "origin": "companyfacts",
    } | changes  # fmt: skip


def frame(facts: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(facts, schema=FACTS.schema)


def land(connection: duckdb.DuckDBPyConnection, *facts: dict[str, Any], at: Scope | None = None) -> Batch:
    batch = judge(connection, FACTS, [Pull(COMPANY, {"sec_facts": frame(list(facts))})], at or scope())
    failing = {s for c in batch.checks for s in c.failing_series}
    merge_passed(connection, batch, failing, at or scope())
    log_rejected(connection, at or scope(), [batch])
    return batch


def aside(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(connection.execute("select reason, count(*) from quality.quarantine group by all").fetchall())


def held(connection: duckdb.DuckDBPyConnection) -> int:
    found: int = connection.execute("select count(*) from raw.sec_facts").fetchall()[0][0]
    return found


def usual(n: int = 30, tag: str = REVENUE, value: float = 5e6) -> list[dict[str, Any]]:
    """A history that is enough for the share set aside to stay small: several companies, the seventh among them."""
    return [fact(q, value * (1 + 0.02 * q), tag, cik=cik) for cik in (7, *range(100, 100 + n // 8)) for q in range(8)]


@pytest.mark.parametrize(("factor", "power"), [(1e3, 3), (1e-3, 3), (1e6, 6), (1e-6, 6)])
def test_a_value_off_by_a_power_is_set_aside_whether_history_is_held_or_comes_along(
    connection: duckdb.DuckDBPyConnection, factor: float, power: int
) -> None:  # fmt: skip
    reason = f"fact_fits_history: off by 10^{power} against the company's own history"
    slip = fact(8, 6e6 * factor)
    land(connection, *usual(), slip)
    assert aside(connection) == {reason: 1}
    land(connection, *usual(), slip)
    assert aside(connection) == {reason: 2}, "and again when it comes again"
    assert held(connection) == len(usual())


def test_a_company_that_grows_or_has_no_history_is_believed(connection: duckdb.DuckDBPyConnection) -> None:
    land(connection, *usual(), fact(8, 6e7), fact(0, 5e3, cik=8), fact(1, 5e6, cik=8))
    assert aside(connection) == {}


def test_only_what_was_filed_before_speaks(connection: duckdb.DuckDBPyConnection) -> None:
    """The first filing in thousands is not set aside by those after it: on its day nobody could know."""
    land(connection, fact(0, 5e9), *(f for f in usual() if f["accession"] != "q0" or f["cik"] != 7))
    assert aside(connection) == {}


def test_a_filing_whose_sizes_are_all_off_takes_its_other_dollars_with_it(connection: duckdb.DuckDBPyConnection) -> None:
    history = usual(80) + usual(80, "Assets", 9e6)
    land(connection, *history, fact(8, 6e9), fact(8, 9e9, "Assets"), fact(8, 4e8, "NetIncomeLoss"), fact(8, 2e6, AVERAGE))
    assert aside(connection) == {
        "fact_fits_history: off by 10^3 against the company's own history": 2,
        "fact_fits_history: of a filing whose sizes are all off by 10^3": 1,
    }
    assert connection.execute("select tag from raw.sec_facts where accession = 'q8'").fetchall() == [(AVERAGE,)]


def test_companies_that_file_together_speak_each_for_itself(connection: duckdb.DuckDBPyConnection) -> None:
    """A utility files with its parent under one accession: the parent's slip is not its subsidiary's."""
    history = usual(80) + usual(80, "Assets", 9e6)
    subsidiary = [fact(8, 6e6, cik=100), fact(8, 4e5, "NetIncomeLoss", cik=100)]
    land(connection, *history, fact(8, 6e9), fact(8, 9e9, "Assets"), fact(8, 4e8, "NetIncomeLoss"), *subsidiary)
    assert sum(aside(connection).values()) == 3
    assert connection.execute("select distinct cik from raw.sec_facts where accession = 'q8'").fetchall() == [(100,)]


@pytest.mark.parametrize("value", [0, 1, 10, 100, 1000, 10_000])
def test_a_placeholder_is_no_count_of_shares(connection: duckdb.DuckDBPyConnection, value: float) -> None:
    land(connection, *usual(), fact(8, value, COVER))
    assert aside(connection) == {"fact_fits_history: a placeholder, not a count of shares": 1}


@pytest.mark.parametrize("ratio", [1 / 20, 1 / 100, 2, 50])
def test_a_split_after_the_last_count_is_no_slip(connection: duckdb.DuckDBPyConnection, ratio: float) -> None:
    land(connection, *usual(), *(fact(q, 4e8 * 1.01**q, COVER) for q in range(8)), fact(8, 4e8 * ratio, COVER))
    assert aside(connection) == {}


def test_a_period_that_ends_after_its_filing_is_a_slip_of_the_date(connection: duckdb.DuckDBPyConnection) -> None:
    """A year mistyped would be the newest for years. The nearest end of a month, which data sets round to, is none."""
    year_off, rounded = date(2025, 3, 31), date(2024, 6, 30)
    land(connection, *usual(), fact(8, 5e6, period_end=year_off), fact(9, 5e6, period_end=rounded, filed_on=rounded - timedelta(days=2)))
    assert aside(connection) == {"fact_fits_history: of a period that ends after the filing": 1}


def test_a_negative_is_set_aside_only_where_the_tag_cannot_be(connection: duckdb.DuckDBPyConnection) -> None:
    land(connection, *usual(), fact(8, -5e6), fact(8, -5e6, "NetIncomeLoss"), fact(8, -5e6, "Revenues"), fact(8, -5e6, COVER))
    assert aside(connection) == {"fact_fits_history: negative, which the tag cannot be": 2}


def test_a_count_that_stands_still_while_the_others_move(connection: duckdb.DuckDBPyConnection) -> None:
    frozen = [fact(q, 4e6, COVER) for q in range(7)]
    moving = [fact(q, 4e6 * 1.04**q, AVERAGE) for q in range(7)]
    land(connection, *usual(), *frozen, *moving)
    assert aside(connection) == {"fact_fits_history: a count of shares that stands still while the filing's other counts moved": 3}
    still = [fact(q, 4e6, tag, cik=8) for q in range(7) for tag in (COVER, AVERAGE)]
    land(connection, *usual(), *still)
    assert held(connection) == len(usual()) + 11 + 14


def test_one_key_with_two_values_in_one_batch_is_not_guessed(connection: duckdb.DuckDBPyConnection) -> None:
    land(connection, *usual(), fact(8, 6e6), fact(8, 7e6))
    assert aside(connection) == {"key_is_unique: one key with several values of value": 2}


def test_the_same_fact_of_both_origins_is_one_row(connection: duckdb.DuckDBPyConnection) -> None:
    first = frame(usual())
    again = frame([f | {"origin": "data_set", "fiscal_year": 1999} for f in usual()])
    batch = judge(connection, FACTS, [Pull(COMPANY, {"sec_facts": first}), Pull(DATA_SETS, {"sec_facts": again})], scope())
    counts = merge_passed(connection, batch, set(), scope())
    assert [(c.rows, c.new_rows, c.revised_rows) for c in (counts["SEC_COMPANY_FACTS"], counts["SEC_DATA_SETS"])] == [
        (len(usual()),) * 2 + (0,),
        (len(usual()), 0, 0),
    ]
    land(connection, *(f | {"origin": "data_set"} for f in usual()))
    assert held(connection) == len(usual())


def test_a_restated_value_stands_beside_the_first(connection: duckdb.DuckDBPyConnection) -> None:
    land(connection, *usual(), fact(8, 6e6))
    land(connection, fact(8, 6e6), fact(8, 6.5e6, accession="q8a", form="10-K/A", filed_on=date(2024, 9, 3)))
    rows = connection.execute(
        "select accession, value, known_on from raw.sec_facts where accession like 'q8%' order by known_on"
    ).fetchall()
    assert rows == [("q8", 6e6, date(2024, 5, 13)), ("q8a", 6.5e6, date(2024, 9, 4))], "a Friday's or Saturday's filing is known on Monday"


def test_a_filing_is_known_a_session_after_it_was_filed(connection: duckdb.DuckDBPyConnection) -> None:
    """Accepted after the close or not, and not on the day it was filed."""
    land(connection, fact(15, 1e6, filed_on=AS_OF), at=scope(AS_OF, AS_OF))
    assert held(connection) == 0
    monday = scope(date(2026, 1, 12), date(2026, 1, 12))
    land(connection, fact(15, 1e6, filed_on=AS_OF), at=monday)
    assert connection.execute("select known_on from raw.sec_facts").fetchall() == [(date(2026, 1, 12),)]


def test_rows_without_a_value_are_counted_and_most_of_them_fail_the_series(connection: duckdb.DuckDBPyConnection) -> None:
    assert land(connection, *usual(), fact(8, None)).checks[0].passed
    assert aside(connection) == {"rows_readable: value: empty": 1}
    batch = land(connection, *usual(), *(fact(8, None, accession=f"x{i}") for i in range(20)))
    assert batch.checks[0].failing_series == ("SEC_COMPANY_FACTS",)


def test_a_final_answer_is_known_to_be_in_unless_an_earlier_day_left_rows_out(connection: duckdb.DuckDBPyConnection) -> None:
    receipt = Receipt("sec", "GET https://a/2010q2.zip", datetime(2026, 1, 10, tzinfo=UTC), 200, 5, "abc")
    pull = Pull(DATA_SETS, {"sec_facts": frame([*usual(), fact(20, 5e6, filed_on=date(2026, 2, 1))])}, [receipt])
    batch = judge(connection, FACTS, [pull], scope())
    log_pulls(connection, scope(), [pull], [batch], {"sec_facts": merge_passed(connection, batch, set(), scope())}, {})
    assert loaded_requests(connection, "sec", AS_OF) == {"GET https://a/2010q2.zip"}
    assert loaded_requests(connection, "sec", AS_OF + timedelta(days=30)) == frozenset()
    log_pulls(connection, scope(), [pull], [batch], {}, {"SEC_DATA_SETS": "set aside"})
    assert loaded_requests(connection, "sec", AS_OF) <= {"GET https://a/2010q2.zip"}


def test_members_are_the_tickers_of_the_lists_held(connection: duckdb.DuckDBPyConnection) -> None:
    assert member_tickers(connection, AS_OF) == ()
    insert = (
        "insert into raw.ishares_holdings by name select 'IWM' as fund, ? as holdings_date, 1 as line_no, ? as ticker, ? as asset_class"
    )
    for day, ticker, kind in ((AS_OF, "AB", "equity"), (AS_OF, "USD", "cash"), (AS_OF + timedelta(days=1), "ZZ", "equity")):
        connection.execute(insert, [day, ticker, kind])
    assert member_tickers(connection, AS_OF) == ("AB",)
