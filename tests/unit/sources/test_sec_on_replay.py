"""What the SEC really sent: the data set of 2010q2, two companyfacts, the tickers; every line counted, published facts found."""

import csv
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.assets.landing.batch import Batch, Pull, Scope, judge, merge_passed
from pipelines.assets.landing.log import log_pulls, log_rejected
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import ROOT, load_settings
from pipelines.sources import sec
from pipelines.sources.archive import Archive
from pipelines.sources.exchange import to_sessions
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window

pytestmark = pytest.mark.replay
AS_OF = date(2026, 1, 9)
NOW = datetime(2026, 1, 10, tzinfo=UTC)
SNOWFLAKE, LOGISTIC_PROPERTIES = 1640147, 1997711
ASKS = {"sec_companies": (str(SNOWFLAKE), str(LOGISTIC_PROPERTIES)), "sec_data_sets": ("2010q2",)}


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Batch]]]:
    from recorded import serve

    folder = tmp_path_factory.mktemp("sec")
    scope = Scope("r", AS_OF, AS_OF, "observed", to_sessions, NOW)
    with serve(AS_OF) as provider:
        client = Client(Archive(folder), provider.url, "someone@example.org", 2, 60, 0, now=lambda: NOW, asks=ASKS)
        with client:
            wanted = [catalog()[f"SEC_{name}"] for name in ("TICKERS", "COMPANY_FACTS", "DATA_SETS")]
            pulls = []
            for one in wanted:
                before = len(client.receipts)
                frames = sec.read(one, client, Window(None, AS_OF))
                pulls.append(Pull(one, frames, client.receipts[before:]))
    with Warehouse(load_settings(warehouse=folder), "live").work() as connection:
        batches = [judge(connection, contracts()[table], pulls, scope) for table in sec.TABLES]
        counts = {b.contract.name: merge_passed(connection, b, set(), scope) for b in batches}
        log_pulls(connection, scope, pulls, batches, counts, {})
        for batch in batches:
            log_rejected(connection, scope, [batch])
        yield connection, batches


def test_the_lines_of_the_data_set_add_up(landed: Any, replay_world: Path) -> None:
    connection, batches = landed
    assert all(c.passed for b in batches for c in b.checks)
    with zipfile.ZipFile(replay_world / "sec" / "fsds" / "2010q2.zip") as archive, archive.open("num.txt") as num:
        lines = sum(1 for _ in num) - 1
    facts, parts = (
        connection.execute(f"select count(*) from raw.{table} where origin = 'data_set'").fetchall()[0][0]
        for table in ("sec_facts", "sec_segment_facts")
    )
    aside = dict(connection.execute("select reason, count(*) from quality.quarantine group by all").fetchall())
    assert facts + parts + sum(aside.values()) == lines == 136_044
    assert aside == {
        "rows_readable: value: empty": 600,
        "fact_fits_history: a placeholder, not a count of shares": 4,
        "fact_fits_history: more shares than any company has, off by 10^3 or 10^6": 6,
    }
    logged = connection.execute(
        "select sum(rows) from quality.source_pulls where series_id = 'SEC_DATA_SETS' and table_name like '%facts'"
    ).fetchall()
    assert logged == [(facts + parts,)]
    assert connection.execute("select count(*) from raw.sec_filings").fetchall() == [(522,)]


def test_the_published_facts_come_out(landed: Any) -> None:
    path = ROOT.parent / "shared" / "design" / "facts.csv"
    if not path.exists():
        pytest.skip("the published facts are not beside this checkout")
    names = {"Owens-Illinois": ("0001104659-10-023370", 1), "Snowflake": (None, SNOWFLAKE)}
    found = 0
    for row in csv.DictReader(path.open()):
        company, _, rest = row["fact"].partition(" ")
        if company not in names:
            continue
        tag = "RevenueFromContractWithCustomerExcludingAssessedTax" if rest.startswith("revenue") else rest.split()[0]
        accession, cik = names[company]
        where = f"accession = '{accession}'" if accession else f"cik = {cik}"
        days = 90 if " Q" in rest else 365
        values = (
            landed[0]
            .execute(
                f"select distinct value from raw.sec_facts where {where} and tag = ? and period_end = ? and abs(period_end - period_start + 1 - {days}) < 5",
                [tag, row["date"]],
            )
            .fetchall()
        )
        assert values == [(float(row["value"]),)], row
        found += 1
    assert found == 7


def test_the_foreign_filer_is_kept_marked_and_counted(landed: Any) -> None:
    marked = (
        landed[0]
        .execute(
            "select taxonomy, count(*), bool_and(regexp_matches(form, '^20-F')) from raw.sec_facts where cik = ? group by all order by 1",
            [LOGISTIC_PROPERTIES],
        )
        .fetchall()
    )
    assert [m[0] for m in marked] == ["dei", "ifrs-full"]
    assert sum(m[1] for m in marked) == 768
    assert all(m[2] for m in marked)


def test_every_fact_of_the_company_is_there_and_known_after_it_was_filed(landed: Any) -> None:
    assert landed[0].execute("select count(*) from raw.sec_facts where cik = ?", [SNOWFLAKE]).fetchall() == [(8163,)]
    assert landed[0].execute("select bool_and(known_on > filed_on and known_on <= filed_on + 5) from raw.sec_facts").fetchall() == [(True,)]


def test_a_filing_accepted_after_the_close_is_known_on_the_next_session(landed: Any) -> None:
    """Friday 2010-05-07, accepted after 16:00: known on Monday."""
    rows = (
        landed[0]
        .execute(
            "select distinct known_on from raw.sec_filings where filed_on = date '2010-05-07' and accepted_at > timestamp '2010-05-07 16:00:00'"
        )
        .fetchall()
    )
    assert rows == [(date(2010, 5, 10),)]


def test_the_tickers_are_a_list_of_the_day(landed: Any) -> None:
    rows = landed[0].execute("select cik from raw.sec_companies where ticker = 'AAPL' and snapshot_date = ?", [AS_OF]).fetchall()
    assert rows == [(320193,)]


@pytest.mark.parametrize("fault", ["404", "500", "html", "empty", "cut", "garbage"])
@pytest.mark.parametrize("series_id", ["SEC_TICKERS", "SEC_DATA_SETS"])
def test_every_fault_is_one_named_error(replay: Any, asking: Any, series_id: str, fault: str) -> None:
    with replay(AS_OF, [f"*={fault}"]) as provider:
        client = asking(provider.url, contact="someone@example.org", retries=0, asks=ASKS)
        with pytest.raises(SourceError) as caught:
            sec.read(catalog()[series_id], client, Window(None, AS_OF))
    assert caught.value.cure


def test_without_a_contact_the_sec_refuses_and_so_do_we(replay: Any, asking: Any) -> None:
    with replay(AS_OF) as provider, pytest.raises(SourceError, match="ROTATION_CONTACT"):
        sec.read(catalog()["SEC_TICKERS"], asking(provider.url), Window(None, AS_OF))
