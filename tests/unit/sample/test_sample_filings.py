"""The simulated companies file as real ones do: the readers read it, the slips are set aside, and the true twelve months are in it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.assets.landing.batch import Pull, Scope, judge, merge_passed
from pipelines.assets.landing.log import log_rejected
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.resources.warehouse import Warehouse
from pipelines.sample.calendar import SAMPLE_END
from pipelines.sample.filings import NEW_REVENUE, OLD_REVENUE, PRETAX, cik, habits
from pipelines.sample.market import SampleMarket
from pipelines.sample.wire import SampleTransport
from pipelines.sample.wire_sec import published
from pipelines.settings import load_settings
from pipelines.sources import sec
from pipelines.sources.archive import Archive
from pipelines.sources.exchange import to_sessions
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window

EARLIER = date(2024, 7, 31)
TAGS = {
    "revenue": (OLD_REVENUE, NEW_REVENUE), "ebit": ("OperatingIncomeLoss",), "interest_expense": ("InterestExpense",),
    "tax": ("IncomeTaxExpenseBenefit",), "net_income": ("NetIncomeLoss",), "pretax": (PRETAX,),
}  # fmt: skip


def asked(folder: Path, market: SampleMarket, as_of: date) -> dict[str, dict[str, pl.DataFrame]]:
    now = datetime(2026, 1, 10, tzinfo=UTC)
    asks = {"sec_companies": tuple(market.companies.symbol.tolist()), "sec_bulk": ("yes",), "sec_data_sets": published(as_of)}
    with Client(
        Archive(folder), None, "simulated@example.org", 5, 60, 0, SampleTransport(as_of, market), now=lambda: now, asks=asks
    ) as client:
        return {
            s.series_id: sec.read(s, client, Window(None, as_of))
            for s in catalog().of("sec")
            if s.series_id != "SEC_DATA_SETS" or published(as_of)
        }


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, pl.DataFrame]]:
    from pipelines.sample.market import sample_market

    return asked(tmp_path_factory.mktemp("archive"), sample_market(), SAMPLE_END)


@pytest.fixture(scope="module")
def landed(answers: dict[str, dict[str, pl.DataFrame]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The raw tables after one landing."""
    scope = Scope("r", SAMPLE_END, SAMPLE_END, "simulated", to_sessions, datetime(2026, 1, 10, tzinfo=UTC))
    pulls = [Pull(catalog()[name], frames) for name, frames in answers.items()]
    with Warehouse(load_settings(warehouse=tmp_path_factory.mktemp("warehouse")), "sample").work() as connection:
        for table in sec.TABLES:
            batch = judge(connection, contracts()[table], pulls, scope)
            assert all(c.passed for c in batch.checks)
            merge_passed(connection, batch, set(), scope)
            log_rejected(connection, scope, [batch])
        yield connection


def test_every_line_is_kept_said_before_or_set_aside(
    answers: dict[str, dict[str, pl.DataFrame]], landed: duckdb.DuckDBPyConnection
) -> None:
    for table in ("sec_facts", "sec_segment_facts"):
        came = pl.concat([f[table].select("cik", "tag", "accession") for f in answers.values() if table in f]).height
        kept = landed.execute(f"select count(*) from raw.{table}").fetchall()[0][0]
        aside = landed.execute("select count(*) from quality.quarantine where table_name = ?", [f"raw.{table}"]).fetchall()[0][0]
        assert kept > 1000
        assert kept + aside <= came, "the same fact from companyfacts and a data set is one row"


def test_exactly_the_slips_are_set_aside(market: SampleMarket, landed: duckdb.DuckDBPyConnection) -> None:
    found = landed.execute("select cast(row_json->>'cik' as bigint), row_json->>'tag', reason from quality.quarantine").fetchall()
    slips = {cik(f.company): habits(market.companies, f.company).slip for f in market.filings}
    kinds = {"Assets": "thousands", "EntityCommonStockSharesOutstanding": "placeholder", NEW_REVENUE: "sign", OLD_REVENUE: "sign"}
    assert {kinds[tag] for _, tag, _ in found} == {"thousands", "placeholder", "sign"}
    assert all(slips[company] == kinds[tag] for company, tag, _ in found)
    said = {(kinds[tag], reason.split(": ", 1)[1]) for _, tag, reason in found}
    assert said == {
        ("thousands", "off by 10^3 against the company's own history"),
        ("placeholder", "a placeholder, not a count of shares"),
        ("sign", "negative, which the tag cannot be"),
    }
    held = landed.execute(
        f"select count(*) from raw.sec_facts where (tag = '{NEW_REVENUE}' and value < 0) or value = 100 and tag like 'Entity%'"
    ).fetchall()
    assert held == [(0,)]


def test_the_true_twelve_months_can_be_worked_out_from_the_facts(market: SampleMarket, landed: duckdb.DuckDBPyConnection) -> None:
    """Year to date, plus the last year, less the year to date before, in plain dictionaries; for a company of each habit."""
    newest = landed.execute(
        "select cik, tag, period_start, period_end, arg_max(value, (filed_on, accession)) from raw.sec_facts "
        "where origin = 'companyfacts' and unit = 'USD' and period_start < period_end group by all"
    ).fetchall()
    facts: dict[tuple[int, str], dict[tuple[date, date], float]] = {}
    for company, tag, start, end, value in newest:
        facts.setdefault((company, tag), {})[start, end] = value
    checked = 0
    for row in market.true_accounts.filter((pl.col("filings_n") >= 6) & (pl.col("filed_on") < date(2025, 12, 1))).iter_rows(named=True):
        for name, tags in TAGS.items():
            spans = {span: v for tag in tags for span, v in facts.get((row["cik"], tag), {}).items()}
            if not spans:
                continue
            due = row["ebit_ltm"] - row["interest_expense_ltm"] if name == "pretax" else row[f"{name}_ltm"]
            assert twelve_months(spans, row["period_end"]) == due, (row["symbol"], name, row["period_end"])
            checked += 1
    assert checked > 20_000


def twelve_months(spans: dict[tuple[date, date], float], end: date) -> float | None:
    ending = sorted((start for start, last in spans if last == end))
    to_date = ending[0]
    if (end - to_date).days > 340:
        return spans[to_date, end]
    for start, last in spans:
        if (last - start).days > 340 and (to_date - last).days == 1:
            before = [v for (s, e), v in spans.items() if s == start and abs((e - s).days - (end - to_date).days) <= 8]
            return spans[to_date, end] + spans[start, last] - before[0] if len(before) == 1 else None
    return None


def test_the_habits_that_spoil_naive_readers_are_there(market: SampleMarket, landed: duckdb.DuckDBPyConnection) -> None:
    def count(rows: str) -> int:
        found: int = landed.execute(f"select count(distinct cik) from {rows}").fetchall()[0][0]
        return found

    assert count("raw.sec_filings where form = '10-K/A'") > 10
    assert count("raw.sec_facts where taxonomy = 'ifrs-full' and unit = 'EUR' and form = '20-F'") >= 2
    assert count(f"raw.sec_facts where tag = '{OLD_REVENUE}'") > 50
    assert count("raw.sec_segment_facts where segments like 'ClassOfStock=%'") > 20
    assert count("raw.sec_segment_facts where segments = 'Geographical=US;'") > 200
    assert count("raw.sec_filings where origin = 'submissions' and form = '10-K' and month(period) in (6, 9)") > 50
    assert count("raw.sec_facts where weekday(period_end) = 6 and day(period_end) not in (28, 29, 30, 31)") > 10
    assert count("raw.sec_facts where fiscal_period = 'FY' and period_end - period_start between 80 and 100 and unit = 'USD'") == 0, (
        "Q4 is only implied"
    )
    assert landed.execute("select bool_and(known_on > filed_on) from raw.sec_facts").fetchall() == [(True,)]


def test_an_earlier_day_knows_the_same_facts_and_no_later_ones(
    market: SampleMarket, answers: dict[str, dict[str, pl.DataFrame]], tmp_path: Path
) -> None:  # fmt: skip
    then = asked(tmp_path, market, EARLIER)["SEC_COMPANY_FACTS"]["sec_facts"]
    now = answers["SEC_COMPANY_FACTS"]["sec_facts"]
    key = ["cik", "tag", "period_start", "period_end", "accession"]
    assert then.sort(key).equals(now.filter(pl.col("filed_on") <= str(EARLIER)).sort(key))


def test_a_data_set_is_there_some_days_after_its_quarter(market: SampleMarket, tmp_path: Path) -> None:
    assert published(date(2025, 4, 9)) == ()
    assert published(date(2025, 4, 10)) == ("2025q1",)
    asks = {"sec_data_sets": ("2025q3",)}
    before = date(2025, 9, 30)
    with (
        Client(Archive(tmp_path), None, "a@b.c", 5, 60, 0, SampleTransport(before, market), now=datetime.now, asks=asks) as client,
        pytest.raises(SourceError, match="404"),
    ):
        sec.read(catalog()["SEC_DATA_SETS"], client, Window(None, before))
