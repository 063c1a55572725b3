"""N-PORT filings in their wire form: EDGAR's list of a series, and the documents it names."""

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import polars as pl
import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from pipelines.contracts import contracts
from pipelines.sources import nport
from pipelines.sources.archive import Archive
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window

ALL = Window(None, date(2026, 1, 9))
SERIES = "S000004344"
FILED = {"0001752724-25-043800": "2025-05-28", "0001752724-25-099900": "2025-06-02", "0001752724-25-200000": "2025-08-27"}
FORMS = {"0001752724-25-099900": "NPORT-P/A"}


def entry(accession: str, form: str = "NPORT-P", filed: str | None = None) -> str:
    folder = f"https://www.sec.gov/Archives/edgar/data/1100663/{accession.replace('-', '')}"
    return (
        f"<entry><content type='text/xml'><accession-number>{accession}</accession-number>"
        f"<filing-date>{filed or FILED[accession]}</filing-date><filing-href>{folder}/{accession}-index.htm</filing-href>"
        f"<filing-type>{form}</filing-type></content></entry>"
    )


def feed(entries: str | None = None) -> bytes:
    told = "".join(entry(a, FORMS.get(a, "NPORT-P")) for a in reversed(FILED)) + entry("0001752724-25-000001", "N-CEN", "2025-01-01")
    return f"<?xml version='1.0' encoding='ISO-8859-1'?><feed xmlns='http://www.w3.org/2005/Atom'>{told if entries is None else entries}</feed>".encode()


def security(name: str, category: str = "EC", **parts: str) -> str:
    given = {"lei": "N/A", "cusip": "000000000", "balance": "10.5", "valUSD": "1050.25", "pctVal": "50.125", "curCd": "USD"} | parts
    inside = "".join(f"<{k}>{v}</{k}>" for k, v in given.items() if k not in ("identifiers", "extra"))
    return (
        f"<invstOrSec><name>{name}</name><title>{name}</title>{inside}<identifiers>{parts.get('identifiers', '')}</identifiers>"
        f"<assetCat>{category}</assetCat><invCountry>US</invCountry>{parts.get('extra', '')}</invstOrSec>"
    )


CLASSES = (
    security("Berkshire Hathaway Inc", cusip="084670702", lei="5493000C01ZX7D35SD85", identifiers='<isin value="US0846707026"/>')
    + security(
        "Berkshire Hathaway Inc", cusip="084670108", pctVal="49.6", identifiers='<isin value="US0846701086"/><ticker value="BRK.A"/>'
    )
    + security("Cash Fund", "STIV", pctVal="8.5")
    + security("Future", "DE", extra="<derivativeInfo><futrDeriv derivCat='FUT'/></derivativeInfo>", pctVal="-0.001")
    + security("Short Inc", extra="<payoffProfile>Short</payoffProfile>")
    + security("Swap", "DE")
)


def document(body: str = CLASSES, series: str = SERIES, day: str = "2025-03-31", head: str = "") -> bytes:
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>{head}<edgarSubmission xmlns='http://www.sec.gov/edgar/nport'><formData><genInfo>"
        f"<seriesId>{series}</seriesId><repPdEnd>2026-03-31</repPdEnd><repPdDate>{day}</repPdDate></genInfo>"
        f"<invstOrSecs>{body}</invstOrSecs></formData></edgarSubmission>"
    ).encode()


class Edgar(BaseAdapter):
    """A list and documents by accession number."""

    def __init__(self, listed: bytes, documents: dict[str, bytes]) -> None:
        super().__init__()
        self.listed, self.documents = listed, documents
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.asked.append(request)
        url = str(request.url)
        body = self.listed if "browse-edgar" in url else next((d for a, d in self.documents.items() if a.replace("-", "") in url), b"")
        response = requests.Response()
        response.status_code, response.url, response.request = 200, url, request
        response.raw = HTTPResponse(BytesIO(body), {"Content-Length": str(len(body))}, 200, preload_content=False)
        return response

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def reading(archive: Archive, series: Any) -> Any:
    def read(
        listed: bytes | None = None, window: Window = ALL, contact: str | None = "desk@example.org", **documents: bytes
    ) -> tuple[pl.DataFrame, Edgar]:
        wire = Edgar(feed() if listed is None else listed, dict.fromkeys(FILED, document()) | documents)
        now = datetime(2026, 1, 9, 22, tzinfo=UTC)
        client = Client(archive, None, contact, 1, 5, 0, wire, now=lambda: now)
        frame = nport.read(series("IWM_NPORT"), client, window)["nport_holdings"]
        assert frame.columns == [c.name for c in contracts()["nport_holdings"].columns]
        return frame, wire

    return read


def test_every_filing_is_read_with_its_number_and_its_days(reading: Any) -> None:
    frame, wire = reading()
    assert frame.select("accession", "filed_on").unique(maintain_order=True).rows() == list(FILED.items()), "amendments too, N-CEN not"
    assert frame["holdings_date"].unique().to_list() == ["2025-03-31"], "the period reported, not the end of the fiscal year"
    assert all("desk@example.org" in str(r.headers["User-Agent"]) for r in wire.asked)
    assert "dateb=20260109" in str(wire.asked[0].url)


def test_lines_have_their_identifiers_and_classes_are_two(reading: Any) -> None:
    frame = reading()[0].filter(pl.col("accession") == "0001752724-25-043800")
    shown = frame.select("ticker", "cusip", "isin", "lei", "asset_class", "weight_pct", "shares", "market_value_usd").rows()
    assert shown == [
        (None, "084670702", "US0846707026", "5493000C01ZX7D35SD85", "equity", 50.125, 10.5, 1050.25),
        ("BRK.A", "084670108", "US0846701086", None, "equity", 49.6, 10.5, 1050.25),
        (None, None, None, None, "cash", 8.5, 10.5, 1050.25),
        (None, None, None, None, "future", -0.001, 10.5, 1050.25),
        (None, None, None, None, "other", 50.125, 10.5, 1050.25),
        (None, None, None, None, "other", 50.125, 10.5, 1050.25),
    ]


def test_only_filings_of_the_window_are_fetched(reading: Any) -> None:
    frame, wire = reading(window=Window(date(2025, 6, 1), date(2025, 7, 1)))
    assert frame["accession"].unique().to_list() == ["0001752724-25-099900"]
    assert len(wire.asked) == 2
    nothing, wire = reading(window=Window(date(2025, 8, 28), date(2026, 1, 9)))
    assert (nothing.height, len(wire.asked)) == (0, 1)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", CLASSES.replace("Cash Fund", "&x;")),
        ("<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>", CLASSES.replace("Cash Fund", "&b;")),
    ],
)
def test_a_document_with_entities_is_refused_unread(reading: Any, head: str, body: str) -> None:
    with pytest.raises(SourceError, match="without a document type"):
        reading(**{"0001752724-25-043800": document(body, head=head)})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (document(series="S000004310"), "S000004310"),
        (document(""), "holdings"),
        (document()[:900], "half a body"),
        (b"plain words", "whole XML"),
    ],
)
def test_a_document_that_is_not_the_funds_is_refused(reading: Any, content: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        reading(**{"0001752724-25-043800": content})


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        (feed(""), "series id"),
        (feed(entry("0001752724-25-043800", filed="soon")), "accession number"),
        (feed(entry("0001752724-25-043800").replace("www.sec.gov", "www.example.org")), "accession number"),
        (feed()[:300], "half a body"),
    ],
)
def test_a_list_of_another_form_is_refused(reading: Any, listed: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        reading(listed)


def test_without_a_contact_nobody_is_asked(reading: Any, archive: Archive) -> None:
    client = Client(archive, None, None, 1, 5, 0, now=lambda: datetime(2026, 1, 9, tzinfo=UTC))
    assert "ROTATION_CONTACT" in str(nport.unavailable(client))
    with pytest.raises(SourceError, match="ROTATION_CONTACT"):
        reading(contact=None)
