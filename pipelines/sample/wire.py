"""A requests adapter that answers the providers' addresses from the simulated market, cut at a day. Not for other hosts: 404."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from pipelines.catalog import catalog
from pipelines.sample import holdings, wire_files, wire_holdings, wire_prices, wire_sec, wire_vendors
from pipelines.sample.calendar import checked
from pipelines.sample.market import SampleMarket, sample_market

Query = dict[str, list[str]]


@dataclass(frozen=True)
class Answer:
    """Status, content type and body."""

    status: int
    kind: str
    body: bytes


SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOT_FOUND = Answer(404, "text/html", b"<html><body>404 Not Found (SIMULATED)</body></html>")


class SampleTransport(BaseAdapter):
    """Mounted on a session, it takes every request and lets none out. Nothing published after `as_of` is visible.

    Raises:
        SampleError: `as_of` lies outside the simulated market.
    """

    def __init__(self, as_of: date, market: SampleMarket | None = None) -> None:
        super().__init__()
        self.as_of = checked(as_of)
        self.market = market or sample_market()

    def send(self, request: PreparedRequest, stream: bool = False, *_: object, **__: object) -> Response:
        """Answer as the provider would."""
        parts = urlsplit(request.url or "")
        try:
            answer = self._answer(parts.hostname or "", parts.path, parse_qs(str(parts.query)), request.headers)
        except ValueError as problem:
            answer = Answer(400, "text/plain", f"Bad request (SIMULATED): {problem}".encode())
        return _response(request, answer, stream)

    def close(self) -> None:
        """Nothing is held open."""

    def _answer(self, host: str, path: str, query: Query, headers: Mapping[str, Any]) -> Answer:
        market, as_of, name = self.market, self.as_of, unquote(path.rsplit("/", 1)[-1])
        body: bytes | None = None
        if host in ("query1.finance.yahoo.com", "query2.finance.yahoo.com") and path.startswith("/v8/finance/chart/"):
            body = wire_prices.yahoo_chart(market, name, query, as_of)
            return Answer(200, "application/json", body) if body else Answer(404, "application/json", wire_prices.YAHOO_NOT_FOUND)
        if host == "api.tiingo.com" and path.startswith("/tiingo/daily/") and path.endswith("/prices"):
            if not (query.get("token") or "Token" in str(headers.get("Authorization", ""))):
                return Answer(403, "application/json", b'{"detail":"Please supply a token"}')
            body = wire_prices.tiingo_prices(market, unquote(path.split("/")[3]), query, as_of)
            return Answer(200, "application/json", body) if body else Answer(404, "application/json", b'{"detail":"Not found."}')
        if host == "stooq.com" and path == "/q/d/l/":
            if not query.get("apikey"):
                return Answer(200, "text/html", b"<html><body>Get your apikey (SIMULATED)</body></html>")
            return Answer(200, "text/csv", wire_vendors.stooq_csv(market, query, as_of))
        if host == "www.alphavantage.co" and path == "/query":
            return Answer(200, "application/json", wire_vendors.alphavantage_json(market, query, as_of))
        if host == "fred.stlouisfed.org" and path == "/graph/fredgraph.csv":
            body = wire_files.fred_csv(market, query, as_of)
            return Answer(200, "application/csv", body) if body else NOT_FOUND
        if host == "mba.tuck.dartmouth.edu" and path.startswith("/pages/faculty/ken.french/ftp/"):
            body = wire_files.french_zip(market, name, as_of)
            return Answer(200, "application/x-zip-compressed", body) if body else NOT_FOUND
        if host in ("shillerdata.com", "www.shillerdata.com", "www.econ.yale.edu") and name == "ie_data.xls":
            return Answer(200, "application/vnd.ms-excel", wire_files.shiller_workbook(market, as_of))
        return self._holdings(host, path, query, headers) or self._filings(host, path, name) or NOT_FOUND

    def _filings(self, host: str, path: str, name: str) -> Answer | None:
        """The SEC's bulk files; a client without a contact was refused before."""
        if host != "www.sec.gov":
            return None
        if name == "company_tickers.json":
            return Answer(200, "application/json", wire_sec.tickers(self.market, self.as_of))
        if name in ("companyfacts.zip", "submissions.zip"):
            form = wire_sec.companyfacts if name == "companyfacts.zip" else wire_sec.submissions
            return Answer(200, "application/zip", form(self.market, self.as_of))
        if "financial-statement-data-sets" in path:
            body = wire_sec.data_set(self.market, name.removesuffix(".zip"), self.as_of)
            return Answer(200, "application/zip", body) if body else None
        return None

    def _holdings(self, host: str, path: str, query: Query, headers: Mapping[str, Any]) -> Answer | None:
        """Lists of funds: iShares, State Street, and EDGAR's N-PORT filings."""
        market, as_of, parts = self.market, self.as_of, path.strip("/").split("/")
        if host == "www.ishares.com" and query.get("fileType") == ["csv"]:
            fund = next((s for s in catalog().of("ishares") if s.symbol in path), None)
            return Answer(200, "text/csv", wire_holdings.ishares_csv(market, fund, as_of)) if fund else None
        if host == "www.ssga.com" and path.endswith(".xlsx"):
            fund = next((s for s in catalog().of("ssga") if path.endswith(f"-{s.symbol}.xlsx")), None)
            return Answer(200, SHEET, wire_holdings.ssga_workbook(market, fund, as_of)) if fund else None
        if host == "www.sec.gov" and "@" not in str(headers.get("User-Agent", "")):
            return Answer(403, "text/html", b"<html><body>Your Request Originates from an Undeclared Automated Tool</body></html>")
        if host == "www.sec.gov" and parts[-1] == "browse-edgar":
            fund = next((s for s in catalog().of("nport") if [s.symbol] == query.get("CIK")), None)
            return Answer(200, "application/atom+xml", wire_holdings.nport_feed(fund, as_of)) if fund else None
        if host == "www.sec.gov" and parts[-1] == "primary_doc.xml":
            for fund in catalog().of("nport"):
                for end, _ in holdings.filings(as_of):
                    if wire_holdings.accession(fund, end).replace("-", "") == parts[-2]:
                        return Answer(200, "text/xml", wire_holdings.nport_document(market, fund, end))
        return None


def _response(request: PreparedRequest, answer: Answer, stream: bool) -> Response:
    response = Response()
    response.status_code, response.url, response.request = answer.status, str(request.url), request
    length = str(len(answer.body))
    response.headers = CaseInsensitiveDict({"Content-Type": answer.kind, "Content-Length": length, "X-Market": "SIMULATED"})
    headers = dict(response.headers)
    response.raw = HTTPResponse(BytesIO(answer.body), headers, answer.status, preload_content=False, request_method=request.method)
    if not stream:
        _ = response.content  # read now, as a real adapter's session does
    return response
