"""The SEC's wire forms of then and now: tickers, companyfacts, submissions, data sets with and without segments."""

import io
import json
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.sources import sec, sec_companies, sec_data_sets
from pipelines.sources.http import Client
from pipelines.sources.interface import NotAsked, SourceError, Window

WINDOW = Window(None, date(2026, 1, 9))
TICKERS, FACTS, DATA_SETS, SUBMISSIONS = (catalog()[f"SEC_{s}"] for s in ("TICKERS", "COMPANY_FACTS", "DATA_SETS", "SUBMISSIONS"))
LISTED = {"0": {"cik_str": 7, "ticker": "AB-C", "title": "A Company"}, "1": {"cik_str": 8, "ticker": "D", "title": "Another"}}
SUB = "adsh\tcik\tname\tsic\tfye\tform\tperiod\tfy\tfp\tfiled\taccepted\tprevrpt\n"
FILED = "1-10-1\t7\tA CO\t3711\t1231\t10-Q\t20100331\t2010\tQ1\t20100507\t2010-05-07 17:14:00.0\t0\n"
TAG = "tag\tversion\tcustom\nRevenues\tus-gaap/2009\t0\nOwn\t1-10-1\t1\n"
PRE = "adsh\n"


def row(**changes: Any) -> dict[str, Any]:
    return {
        "start": "2024-01-01", "end": "2024-12-31", "val": 10, "accn": "1-25-1", "fy": 2024, "fp": "FY", "form": "10-K", "filed": "2025-02-20"
    } | changes  # fmt: skip


def document(*rows: dict[str, Any], tag: str = "Revenues", taxonomy: str = "us-gaap", unit: str = "USD") -> dict[str, Any]:
    return {"cik": 7, "entityName": "A", "facts": {taxonomy: {tag: {"label": None, "description": None, "units": {unit: list(rows)}}}}}


def data_set(num: str, *, sub: str = SUB + FILED, tag: str = TAG, leave_out: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("sub.txt", sub), ("num.txt", num), ("tag.txt", tag), ("pre.txt", PRE)):
            if name != leave_out:
                archive.writestr(name, text)
    return file.getvalue()


WITHOUT = "adsh\ttag\tversion\tcoreg\tddate\tqtrs\tuom\tvalue\tfootnote\n"
WITH = "adsh\ttag\tversion\tddate\tqtrs\tuom\tsegments\tcoreg\tvalue\tfootnote\n"


def asking(told: Any, content: bytes, **asks: tuple[str, ...]) -> Client:
    client: Client = told(content).client
    client.contact, client.asks = "someone@example.org", asks
    return client


@pytest.mark.parametrize("contact", [None, "someone"])
def test_without_a_contact_nothing_is_asked_and_the_setting_is_named(told: Any, contact: str | None) -> None:
    client = told(b"{}").client
    client.contact = contact
    assert "ROTATION_CONTACT" in str(sec.unavailable(client))
    client.contact = "someone@example.org"
    assert sec.unavailable(client) is None


@pytest.mark.parametrize(
    ("series", "setting"),
    [(FACTS, "ROTATION_SEC_COMPANIES"), (SUBMISSIONS, "ROTATION_SEC_COMPANIES"), (DATA_SETS, "ROTATION_SEC_DATA_SETS")],
)
def test_what_costs_is_asked_only_if_a_setting_says_so(told: Any, series: Any, setting: str) -> None:
    here = told(b"{}")
    here.client.contact = "someone@example.org"
    with pytest.raises(NotAsked, match=setting):
        sec.read(series, here.client, WINDOW)
    assert here.wire.asked == []


def test_both_forms_of_the_tickers(told: Any) -> None:
    exchange = {"fields": ["cik", "name", "ticker", "exchange"], "data": [[7, "A Company", "AB-C", "NYSE"]]}
    plain = sec.read(TICKERS, asking(told, json.dumps(LISTED).encode()), WINDOW)["sec_companies"]
    assert plain.rows() == [(date(2026, 1, 9), 7, "AB-C", "A Company", None), (date(2026, 1, 9), 8, "D", "Another", None)]
    assert sec_companies.tickers("", exchange).rows() == [(7, "AB-C", "A Company", "NYSE")]


def test_one_fact_tagged_fy_twice_is_two_facts_by_their_dates(told: Any) -> None:
    """A 10-K gives the year and its last quarter, both as fy 2024 and fp FY: they describe the filing."""
    content = json.dumps(document(row(), row(start="2024-10-01", val=3))).encode()
    frame = sec.read(FACTS, asking(told, content, sec_companies=("7",)), WINDOW)["sec_facts"]
    assert frame.columns == [c.name for c in contracts()["sec_facts"].columns]
    assert frame.select("period_start", "value", "fiscal_period").rows() == [("2024-01-01", 10, "FY"), ("2024-10-01", 3, "FY")]


def test_an_amended_filing_and_a_changed_tag_stand_beside_the_first() -> None:
    amended = sec_companies.facts("", document(row(), row(accn="1-25-9", form="10-K/A", filed="2025-04-01", val=11)))
    assert amended.select("accession", "form", "value").rows() == [("1-25-1", "10-K", 10), ("1-25-9", "10-K/A", 11)]
    changed = sec_companies.facts("", document(row(), tag="SalesRevenueNet"))
    assert changed["tag"].to_list() == ["SalesRevenueNet"]


def test_an_instant_starts_on_its_day_and_a_cik_may_be_text() -> None:
    said = document(
        {k: v for k, v in row().items() if k != "start"}, tag="EntityCommonStockSharesOutstanding", taxonomy="dei", unit="shares"
    )
    assert sec_companies.facts("", said | {"cik": "0000000007"}).select("cik", "period_start", "period_end").rows() == [
        (7, "2024-12-31", "2024-12-31")
    ]


def test_members_are_found_by_ticker_whatever_stands_before_the_class(told: Any) -> None:
    assert sec._wanted(asking(told, json.dumps(LISTED).encode(), sec_companies=("AB.C", "8"))) == [7, 8]


def test_a_data_set_without_segments_and_one_with() -> None:
    old = sec_data_sets.read(
        "",
        data_set(
            WITHOUT
            + "1-10-1\tRevenues\tus-gaap/2009\t\t20100331\t1\tUSD\t5.0000\t\n1-10-1\tRevenues\tus-gaap/2009\tSub\t20100331\t1\tUSD\t2.0000\t\n"
        ),
    )
    assert old["sec_facts"].select("cik", "taxonomy", "period_start", "period_end", "value", "accepted_at").rows() == [
        (7, "us-gaap", date(2010, 1, 1), date(2010, 3, 31), "5.0000", "2010-05-07 17:14:00.0")
    ]
    assert old["sec_segment_facts"].select("segments", "coregistrant", "value").rows() == [("-", "Sub", "2.0000")]
    new = sec_data_sets.read("", data_set(WITH + "1-10-1\tOwn\t1-10-1\t20100331\t0\tUSD\tGeographical=US;\t\t7.0000\t\n"))
    assert new["sec_facts"].is_empty()
    assert new["sec_segment_facts"].select("taxonomy", "period_start", "segments", "coregistrant").rows() == [
        ("custom", date(2010, 3, 31), "Geographical=US;", "-")
    ]
    for name, frame in new.items():
        assert frame.columns == [c.name for c in contracts()[name].columns]


@pytest.mark.parametrize(("quarters", "start"), [("0", date(2010, 2, 28)), ("1", date(2009, 12, 1)), ("4", date(2009, 3, 1))])
def test_a_span_starts_after_the_month_end_so_many_quarters_before(quarters: str, start: date) -> None:
    frames = sec_data_sets.read("", data_set(WITH + f"1-10-1\tRevenues\tus-gaap/2009\t20100228\t{quarters}\tUSD\t\t\t5.0000\t\n"))
    assert frames["sec_facts"]["period_start"].to_list() == [start]


def test_an_amendment_says_so() -> None:
    frames = sec_data_sets.read("", data_set(WITH, sub=SUB + FILED.replace("10-Q", "10-Q/A")))
    assert frames["sec_filings"].select("form", "is_amendment", "is_amended_later", "filed_on").rows() == [
        ("10-Q/A", True, False, "2010-05-07")
    ]


@pytest.mark.parametrize("damage", ["sub.txt", "num.txt", "tag.txt", "pre.txt"])
def test_a_data_set_without_a_member_is_refused(damage: str) -> None:
    with pytest.raises(SourceError, match=damage):
        sec_data_sets.read("sec data set", data_set(WITH, leave_out=damage))


@pytest.mark.parametrize("num", ["adsh\ttag\n", WITH + "1-10-1\tRevenues\tus-gaap/2009\t2010"])
def test_half_a_table_is_refused(num: str) -> None:
    with pytest.raises(SourceError):
        sec_data_sets.read("sec data set", data_set(num))


def test_a_data_set_that_is_loaded_is_not_fetched_again(told: Any) -> None:
    here = told(data_set(WITH))
    here.client.contact, here.client.asks = "someone@example.org", {"sec_data_sets": ("2010q2",)}
    loaded = frozenset({"GET https://www.sec.gov/files/dera/data/financial-statement-data-sets/2010q2.zip"})
    frames = sec.read(DATA_SETS, here.client, Window(None, date(2026, 1, 9), loaded))
    assert here.wire.asked == []
    assert all(f.is_empty() for f in frames.values())
    sec.read(DATA_SETS, here.client, WINDOW)
    assert len(here.wire.asked) == 1


def test_submissions_keep_filings_with_statements() -> None:
    said = {
        "cik": "0000000007", "name": "A", "sic": "3711", "fiscalYearEnd": "1231",
        "filings": {"files": [], "recent": {
            "accessionNumber": ["a", "b"], "filingDate": ["2025-02-20", "2025-02-21"], "reportDate": ["2024-12-31", ""],
            "acceptanceDateTime": ["2025-02-20T17:40:00.000Z", "2025-02-21T09:00:00.000Z"], "form": ["10-K/A", "4"],
        }},
    }  # fmt: skip
    rows = sec_companies.filings("", said).select("accession", "cik", "sic", "form", "period", "accepted_at", "is_amendment").rows()
    assert rows == [("a", 7, "3711", "10-K/A", "2024-12-31", "2025-02-20T17:40:00.000", True)]


def test_the_bulk_file_gives_the_companies_followed_and_no_others(told: Any) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for cik in (7, 8):
            archive.writestr(f"CIK{cik:010d}.json", json.dumps(document(row()) | {"cik": cik}))
    client = asking(told, file.getvalue(), sec_companies=("7", "9"), sec_bulk=("yes",))
    assert sec.read(FACTS, client, WINDOW)["sec_facts"]["cik"].to_list() == [7]


def test_a_company_the_sec_has_no_facts_of_is_passed_over(told: Any) -> None:
    content = json.dumps(document(row())).encode()
    here = told(content)
    usual = here.wire.send

    def send(request: Any, *args: Any, **kwargs: Any) -> Any:
        here.wire.status = 404 if "CIK0000000009" in request.url else 200
        return usual(request, *args, **kwargs)

    here.wire.send = send
    here.client.contact, here.client.asks = "someone@example.org", {"sec_companies": ("7", "9")}
    assert sec.read(FACTS, here.client, WINDOW)["sec_facts"]["cik"].to_list() == [7]


def test_facts_of_no_company_at_all_are_an_address_that_moved(told: Any) -> None:
    here = told(b"<Error>", status=404)
    here.client.contact, here.client.asks = "someone@example.org", {"sec_companies": ("7",)}
    with pytest.raises(SourceError, match="none of any of them"):
        sec.read(FACTS, here.client, WINDOW)


def test_a_bomb_is_refused_before_it_is_unpacked(told: Any) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("num.txt", b"0" * (40 << 20))
    with pytest.raises(SourceError, match="packed more than"):
        sec.read(DATA_SETS, asking(told, file.getvalue(), sec_data_sets=("2010q2",)), WINDOW)


def test_a_large_download_says_how_far_it_is(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sources.http.SAY_EVERY_BYTES", 100)
    said: list[str] = []
    client = asking(told, data_set(WITH), sec_data_sets=("2010q2",))
    client._tell = said.append
    sec.read(DATA_SETS, client, WINDOW)
    assert said
    assert ": 0 MB" in said[0]


def test_the_hosts_of_the_sec_share_one_limit(archive: Any) -> None:
    with Client(archive, None, "a@b.c", 1, 1, 0, now=lambda: datetime(2026, 1, 9, tzinfo=UTC)) as client:
        adapters = [client._session.get_adapter(f"https://{host}/x") for host in ("www.sec.gov", "data.sec.gov")]
        assert adapters[0] is adapters[1] is not client._session.get_adapter("https://fred.stlouisfed.org/x")
