"""iShares' CSV, State Street's workbook and N-PORT filings of the simulated funds, oddities and all. Not for what the funds hold (holdings.py)."""

from datetime import UTC, date, datetime
from io import BytesIO
from xml.sax.saxutils import escape

import polars as pl
import xlsxwriter

from pipelines.catalog import Series
from pipelines.sample import holdings
from pipelines.sample.market import SampleMarket

ISHARES_HEADER = (
    "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Quantity,Price,Location,Exchange,Currency,FX Rate,"
    "Market Currency,Accrual Date"
)
NBSP = "\u00a0"


def of_fund(market: SampleMarket, fund: Series, day: date) -> pl.DataFrame:
    """What a fund of the simulated market holds on a day."""
    return holdings.holdings(market.companies, market.accounts, market.membership.members, fund, day)


def ishares_csv(market: SampleMarket, fund: Series, as_of: date) -> bytes:
    """The newest list a day knows."""
    day = holdings.session_before(market.companies, as_of, fund.lag_days)
    return ishares_text(fund.name, day, of_fund(market, fund, day)).encode("utf-8-sig")


def ishares_text(name: str, day: date, lines: pl.DataFrame) -> str:
    """A byte-order mark's worth of preamble, every cell quoted, cash and a future at the end, a dash for nothing, a disclaimer."""
    total = float(lines["value"].sum()) / (1 - (holdings.CASH_PCT + holdings.MARGIN_PCT) / 100)
    body = [
        _row(r["symbol"], r["name"].upper(), r["sector"], "Equity", r["value"], 100 * r["value"] / total, r["shares"], r["price"])
        for r in lines.iter_rows(named=True)
    ]
    aside = "Cash and/or Derivatives"
    cash, margin = (total * pct / 100 for pct in (holdings.CASH_PCT, holdings.MARGIN_PCT))
    body += [
        _row("USD", "USD CASH", aside, "Cash", cash, holdings.CASH_PCT, cash, 100),
        _row("MSFUT", "CASH COLLATERAL USD MSFUT", aside, "Cash Collateral and Margins", margin, holdings.MARGIN_PCT, margin, 100),
        _row("SIMH6", "SIMULATED EMINI FUTURE", aside, "Futures", 0, 0, 12, 1000),
    ]
    preamble = [
        f"{name} (SIMULATED)", f'Fund Holdings as of,"{day:%b %d, %Y}"', 'Inception Date,"May 22, 2000"', 'Shares Outstanding,"1,000,000.00"',
        *(f'{kind},"-"' for kind in ("Stock", "Bond", "Cash", "Other")), NBSP,
    ]  # fmt: skip
    return "\n".join([*preamble, ISHARES_HEADER, *body, NBSP, '"SIMULATED, not data of any fund.\nNo "market" is described."'])


def _row(ticker: str, name: str, sector: str, kind: str, value: float, weight: float, units: float, price: float) -> str:
    cells = (
        ticker, name, sector, kind, f"{value:,.2f}", f"{weight:.2f}", f"{value:,.2f}", f"{units:,.2f}", f"{price:,.4f}", "United States",
        "SIMULATED", "USD", "1.00", "USD", "-",
    )  # fmt: skip
    return ",".join(f'"{cell}"' for cell in cells)


def ssga_workbook(market: SampleMarket, fund: Series, as_of: date) -> bytes:
    """The newest list a day knows, as a workbook: preamble, header in the fifth row, cash, a filler line, disclaimers."""
    day = holdings.session_before(market.companies, as_of, fund.lag_days)
    lines = of_fund(market, fund, day)
    total = float(lines["value"].sum()) / (1 - holdings.CASH_PCT / 100)
    body: list[tuple[str | float, ...]] = [
        (r["name"], r["symbol"], r["cusip"][:8], "-", f"{100 * r['value'] / total:.6f}", r["sector"], f"{r['shares']:.3f}", "USD")
        for r in lines.iter_rows(named=True)
    ]
    body.insert(
        len(body) // 2, ("U.S. Dollar", "CASH_USD", "CASH_USD", "Unassigned", f"{holdings.CASH_PCT:.6f}", "Unassigned", "1.000", "USD")
    )
    body.insert(len(body) // 3, ("DUMMY", "DUMMY", "-", "-", "-", "DUMMY", "-", "-"))
    rows: list[tuple[str | float, ...]] = [
        ("Fund Name:", f"{fund.name} (SIMULATED)"), ("Ticker Symbol:", str(fund.instrument_id)), ("Holdings:", f"As of {day:%d-%b-%Y}"), (),
        ("Name", "Ticker", "Identifier", "SEDOL", "Weight", "Sector", "Shares Held", "Local Currency"),
        *body, (), ("SIMULATED, not data of any fund.",), (), ("Not FDIC Insured * No Bank Guarantee",),
    ]  # fmt: skip
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"title": "SIMULATED", "created": datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
        sheet = book.add_worksheet("holdings")
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                sheet.write_string(i, j, str(cell))
    return file.getvalue()


def nport_feed(fund: Series, as_of: date) -> bytes:
    """EDGAR's Atom list of the filings of a series by a day, newest first."""
    entries = "".join(
        f'<entry><category label="form type" scheme="https://www.sec.gov/" term="NPORT-P" /><content type="text/xml">'
        f"<accession-number>{accession(fund, end)}</accession-number><filing-date>{filed}</filing-date>"
        f"<filing-href>https://www.sec.gov/Archives/edgar/data/1/{accession(fund, end).replace('-', '')}/{accession(fund, end)}-index.htm</filing-href>"
        f"<filing-type>NPORT-P</filing-type></content><title>NPORT-P (SIMULATED)</title></entry>"
        for end, filed in reversed(holdings.filings(as_of))
    )
    head = '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
    return f"{head}<title>SIMULATED</title>{entries}</feed>".encode("latin-1")


def accession(fund: Series, end: date) -> str:
    """A filing's number, made of its fund and its quarter."""
    return f"{int(fund.symbol[1:]):010d}-{end:%y}-{end:%m%d}00"


def nport_document(market: SampleMarket, fund: Series, end: date) -> bytes:
    """primary_doc.xml of the filing of a quarter end."""
    return nport_text(fund.symbol, fund.name, end, of_fund(market, fund, end)).encode()


def nport_text(series_id: str, name: str, end: date, lines: pl.DataFrame) -> str:
    """A filing: no tickers, percent of net assets, what lent shares are secured by beyond the hundred, a future."""
    net = float(lines["value"].sum()) / (1 - holdings.CASH_PCT / 100)
    held = "".join(
        _security(r["name"], r["cusip"], "EC", r["shares"], r["value"], 100 * r["value"] / net, f'<isin value="US{r["cusip"]}0"/>')
        for r in lines.iter_rows(named=True)
    )
    held += _security("Simulated Cash Fund", "000000000", "STIV", net * 0.04, net * 0.04, 4.0, '<other otherDesc="internal" value="SIM"/>')
    held += (
        "<invstOrSec><name>Simulated Exchange</name><lei>N/A</lei><title>SIMULATED EMINI</title><cusip>N/A</cusip>"
        '<identifiers><other otherDesc="internal" value="SIMH6"/></identifiers><balance>12</balance><units>NC</units><curCd>USD</curCd>'
        "<valUSD>-1200.00</valUSD><pctVal>-0.000010</pctVal><payoffProfile>N/A</payoffProfile><assetCat>DE</assetCat><invCountry>US</invCountry>"
        '<derivativeInfo><futrDeriv derivCat="FUT"><payOffProf>Long</payOffProf></futrDeriv></derivativeInfo></invstOrSec>'
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<edgarSubmission xmlns="http://www.sec.gov/edgar/nport">'
        "<headerData><submissionType>NPORT-P</submissionType></headerData><formData><genInfo>"
        f"<regName>SIMULATED</regName><seriesName>{escape(name)}</seriesName><seriesId>{series_id}</seriesId>"
        f"<repPdEnd>{end.year + 1}-03-31</repPdEnd><repPdDate>{end}</repPdDate></genInfo>"
        f"<fundInfo><netAssets>{net:.2f}</netAssets></fundInfo><invstOrSecs>{held}</invstOrSecs></formData></edgarSubmission>"
    )


def _security(name: str, cusip: str, category: str, units: float, value: float, percent: float, identifier: str) -> str:
    return (
        f"<invstOrSec><name>{escape(name)}</name><lei>N/A</lei><title>{escape(name)}</title><cusip>{cusip}</cusip>"
        f"<identifiers>{identifier}</identifiers><balance>{units:.8f}</balance><units>NS</units><curCd>USD</curCd><valUSD>{value:.8f}</valUSD>"
        f"<pctVal>{percent:.12f}</pctVal><payoffProfile>Long</payoffProfile><assetCat>{category}</assetCat><issuerCat>CORP</issuerCat>"
        "<invCountry>US</invCountry><isRestrictedSec>N</isRestrictedSec><fairValLevel>1</fairValLevel></invstOrSec>"
    )
