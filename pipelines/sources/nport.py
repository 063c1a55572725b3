"""Form N-PORT: a fund's holdings as filed with the SEC, each quarter's last month. Not for members (int_list_members) or other filings (sec)."""

import re
from dataclasses import dataclass

import polars as pl
from lxml import etree

from pipelines.catalog import Series
from pipelines.sources.holdings import COLUMNS, frame, number, text
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.payload import ASK_LATER, LOOK

PROVIDER = "nport"
TABLES = ("nport_holdings",)
FEED = "https://www.sec.gov/cgi-bin/browse-edgar"
FORMS = ("NPORT-P", "NPORT-P/A")
MOST_FILINGS = 100  # a quarter each: twenty-five years
ASSET_CLASSES = {"EC": "equity", "STIV": "cash", "RA": "cash"}
_INDEX = re.compile(r"https?://www\.sec\.gov/Archives/edgar/data/\d+/\d{18}/")


@dataclass(frozen=True)
class Filing:
    """One entry of EDGAR's list of a series."""

    accession: str
    filed_on: str
    folder: str


def unavailable(client: Client) -> str | None:
    """Why EDGAR cannot be asked, with the cure."""
    return None if client.contact else "The SEC asks for a contact in each request: set ROTATION_CONTACT to an e-mail address."


def read(series: Series, client: Client, window: Window) -> dict[str, pl.DataFrame]:
    """Every filing of the series filed within the window, each line with the accession number of its filing.

    Raises:
        SourceError: no usable answer, no filings at all, or a filing of another series.
    """
    source = f"nport {series.symbol}"
    filings = _filings(source, series, client, window)
    frames = [_holdings(f"{source} {one.accession}", series, client, one) for one in filings]
    return {"nport_holdings": pl.concat(frames, how="vertical_relaxed") if frames else _nothing()}


def _filings(source: str, series: Series, client: Client, window: Window) -> list[Filing]:
    asked = {
        "action": "getcompany", "CIK": series.symbol, "type": "NPORT-P", "dateb": f"{window.end:%Y%m%d}", "owner": "include",
        "count": str(MOST_FILINGS), "output": "atom",
    }  # fmt: skip
    root = _tree(source, client.get(PROVIDER, FEED, params=asked, kind="text").content)
    entries = root.findall("{*}entry")
    if not entries:
        raise SourceError(source, "filings of the series", "an empty list", "Correct the series id in series_catalog.csv.")
    found = []
    for entry in entries:
        form, accession, filed_on, href = (
            text(entry.findtext(f".//{{*}}{name}")) or "" for name in ("filing-type", "accession-number", "filing-date", "filing-href")
        )
        if form not in FORMS:
            continue
        folder = _INDEX.match(href)
        if not folder or not re.fullmatch(r"\d{10}-\d{2}-\d{6}", accession) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", filed_on):
            raise SourceError(source, "accession number, day and address of each filing", f"{accession!r}, {filed_on!r}, {href!r}", LOOK)
        if filed_on <= window.end.isoformat() and (window.start is None or filed_on >= window.start.isoformat()):
            found.append(Filing(accession, filed_on, folder[0].replace("http:", "https:")))
    return sorted(found, key=lambda f: (f.filed_on, f.accession))


def _holdings(source: str, series: Series, client: Client, filing: Filing) -> pl.DataFrame:
    root = _tree(source, client.get(PROVIDER, f"{filing.folder}primary_doc.xml", kind="text").content)
    said = text(root.findtext(".//{*}genInfo/{*}seriesId"))
    if said != series.symbol:
        raise SourceError(source, f"the series {series.symbol}", f"{said}", LOOK)
    day = text(root.findtext(".//{*}genInfo/{*}repPdDate")) or ""  # repPdEnd is the end of the fiscal year
    lines = [_line(one) for one in root.iterfind(".//{*}invstOrSecs/{*}invstOrSec")]
    if not lines:
        raise SourceError(source, "holdings (invstOrSec)", "none", LOOK)
    rows = frame(str(series.instrument_id), day, lines)
    return rows.select(
        pl.lit(series.symbol).alias("edgar_series"),
        *COLUMNS,
        pl.lit(filing.accession).alias("accession"),
        pl.lit(filing.filed_on).alias("filed_on"),
    )


def _line(one: etree._Element) -> dict[str, float | str | None]:
    def word(name: str) -> str | None:
        return text(one.findtext(f"{{*}}{name}"))

    def identifier(name: str) -> str | None:
        found = one.find(f"{{*}}identifiers/{{*}}{name}")
        return None if found is None else text(found.get("value"))

    foreign = one.find("{*}currencyConditional")
    conditional = one.find("{*}assetConditional")
    category = word("assetCat") or ("" if conditional is None else conditional.get("assetCat", ""))
    is_future = one.find(".//{*}derivativeInfo/{*}futrDeriv") is not None
    is_short = (word("payoffProfile") or "Long").upper() == "SHORT"
    issuer, title = word("name"), word("title")
    return {
        "ticker": identifier("ticker"),
        "name": issuer or title,
        "cusip": word("cusip"),
        "isin": identifier("isin"),
        "sedol": None,
        "lei": word("lei"),
        "asset_class": "future" if is_future else "other" if is_short else ASSET_CLASSES.get(category, "other"),
        "sector": None,
        "weight_pct": number(word("pctVal")),
        "shares": number(word("balance")),
        "market_value_usd": number(word("valUSD")),
        "price": None,
        "currency": word("curCd") or (None if foreign is None else text(foreign.get("curCd"))),
        "location": word("invCountry"),
    }


def _tree(source: str, content: bytes) -> etree._Element:
    """The document, entities not expanded: a filing has no use for a document type, so one that has it is refused."""
    if b"<!DOCTYPE" in content[:4096].upper():
        raise SourceError(source, "XML without a document type", "one", "Do not use this file.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise SourceError(source, "a whole XML document", f"{str(problem)[:200]}: half a body?", ASK_LATER) from None


def _nothing() -> pl.DataFrame:
    """No filing since the last one we hold."""
    return pl.DataFrame(schema=dict.fromkeys(("edgar_series", *COLUMNS, "accession", "filed_on"), pl.String))
