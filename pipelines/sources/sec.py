"""The SEC: tickers, facts and submissions of companies, and the quarterly data sets. Not for holdings of funds (nport.py)."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl

from pipelines.catalog import Series
from pipelines.sources import sec_companies, sec_data_sets
from pipelines.sources.http import Client, Size
from pipelines.sources.interface import NotAsked, SourceError, Window
from pipelines.sources.payload import LOOK, look_at
from pipelines.sources.unzip import Limits, opened

PROVIDER = "sec"
TABLES = ("sec_companies", "sec_filings", "sec_facts", "sec_segment_facts")
TICKERS = "https://www.sec.gov/files/{symbol}.json"
FACTS = "https://data.sec.gov/api/xbrl/companyfacts/CIK{cik:010d}.json"
SUBMISSIONS = "https://data.sec.gov/submissions/{file}"
BULK = {
    "companyfacts": "https://www.sec.gov/Archives/edgar/daily-index/xbrl/companyfacts.zip",
    "submissions": "https://www.sec.gov/Archives/edgar/daily-index/bulkdata/submissions.zip",
}
DATA_SETS = "https://www.sec.gov/files/dera/data/financial-statement-data-sets/{quarter}.zip"
BULK_SIZE = Size(most_bytes=4 << 30, archive=Limits(unpacked=64 << 30, members=2_000_000), times_deadline=30)
DATA_SET_SIZE = Size(most_bytes=1 << 30, archive=sec_data_sets.LIMITS, times_deadline=10)
MEMBERS = "members"
_SHARDS = re.compile(r"CIK\d{10}-submissions-\d{3}\.json")


def unavailable(client: Client) -> str | None:
    """Why the SEC cannot be asked, with the cure."""
    if client.contact and "@" in client.contact:
        return None
    return "The SEC asks for a contact in each request: set ROTATION_CONTACT to an e-mail address."


def read(series: Series, client: Client, window: Window) -> dict[str, pl.DataFrame]:
    """What the settings ask for of one of the SEC's offers.

    Raises:
        SourceError: no usable answer, or one in another form.
        NotAsked: the settings ask for nothing of this series.
    """
    offer = series.symbol.rpartition("/")[2]
    match offer:
        case "company_tickers" | "company_tickers_exchange":
            return {"sec_companies": _tickers(offer, client, window)}
        case "companyfacts":
            return {"sec_facts": _of_companies(offer, client, _one_of_facts, sec_companies.facts, sec_companies.NO_FACTS)}
        case "submissions":
            return {"sec_filings": _of_companies(offer, client, _one_of_filings, sec_companies.filings, sec_companies.NO_FILINGS)}
        case "financial-statement-data-sets":
            return _data_sets(client, window)
    cure = "Correct the symbol in series_catalog.csv."
    raise SourceError("sec", "company_tickers, companyfacts, submissions or financial-statement-data-sets", series.symbol, cure)


def _tickers(symbol: str, client: Client, window: Window) -> pl.DataFrame:
    """The list of today, as the list of the run's day: the SEC keeps no older ones."""
    payload = client.get(PROVIDER, TICKERS.format(symbol=symbol), kind="json")
    rows = sec_companies.tickers(f"sec {symbol}", payload.document)
    return rows.select(pl.lit(window.end).alias("snapshot_date"), pl.all())


def _wanted(client: Client) -> list[int]:
    """The companies followed, by CIK; members are found by their tickers in the SEC's own list."""
    asked = client.asks.get("sec_companies", ())
    if not asked:
        raise NotAsked("Set ROTATION_SEC_COMPANIES to CIKs or to `members`; it takes two requests a company, some 3 MB each.")
    ciks = {int(a) for a in asked if a.isdigit()}
    names = {re.sub(r"[^A-Z0-9]", "", a.upper()) for a in asked if not a.isdigit()}
    if names:
        listed = sec_companies.tickers(
            "sec company_tickers", client.get(PROVIDER, TICKERS.format(symbol="company_tickers"), kind="json").document
        )
        keys = listed.select("cik", key=pl.col("ticker").str.to_uppercase().str.replace_all("[^A-Z0-9]", ""))
        ciks |= set(keys.filter(pl.col("key").is_in(list(names)))["cik"].to_list())
    return sorted(ciks)


def _of_companies(
    kind: str,
    client: Client,
    ask: Callable[[Client, int], Iterator[tuple[str, Any]]],
    parse: Callable[[str, Any], pl.DataFrame],
    nothing: pl.DataFrame,
) -> pl.DataFrame:
    """The documents of the companies followed, one by one or out of the bulk file."""
    wanted = _wanted(client)
    documents = _in_bulk(kind, client, wanted) if client.asks.get("sec_bulk") else (d for cik in wanted for d in ask(client, cik))
    frames = [parse(source, document) for source, document in documents]
    if wanted and not frames:
        cure = "Correct ROTATION_SEC_COMPANIES; if it is right, the SEC has moved its documents: mend the reader."
        raise SourceError(f"sec {kind}", f"documents of {len(wanted):,} companies", "none of any of them (status 404)", cure)
    return pl.concat(frames, how="vertical_relaxed") if frames else nothing


def _one_of_facts(client: Client, cik: int) -> Iterator[tuple[str, Any]]:
    document = _unless_unknown(client, FACTS.format(cik=cik))
    if document is not None:
        yield f"sec companyfacts {cik}", document


def _one_of_filings(client: Client, cik: int) -> Iterator[tuple[str, Any]]:
    """The newest thousand filings and what the company is; older filings are pages of their own, which say neither."""
    source = f"sec submissions {cik}"
    document = _unless_unknown(client, SUBMISSIONS.format(file=f"CIK{cik:010d}.json"))
    if document is None:
        return
    yield source, document
    for file in sec_companies.older_pages(source, document):
        if not _SHARDS.fullmatch(file):
            raise SourceError(source, "names of older pages, CIK...-submissions-001.json", f"{file!r}", LOOK)
        page = client.get(PROVIDER, SUBMISSIONS.format(file=file), kind="json").document
        yield source, sec_companies.as_page_of(source, document, page)


def _unless_unknown(client: Client, url: str) -> Any:
    """The document; None where the SEC has none for this company: a new filer, a trust without statements."""
    try:
        return client.get(PROVIDER, url, kind="json").document
    except SourceError as problem:
        if problem.found.startswith("status 404"):
            return None
        raise


def _in_bulk(kind: str, client: Client, wanted: list[int]) -> Iterator[tuple[str, Any]]:
    payload = client.get(PROVIDER, BULK[kind], kind="zip", size=BULK_SIZE)
    with opened(f"sec {kind}", payload.content, BULK_SIZE.archive) as archive:
        names = set(archive.namelist())
        for cik in wanted:
            source, name = f"sec {kind} {cik}", f"CIK{cik:010d}.json"
            if name not in names:
                continue
            document = look_at(source, archive.read(name), "json")
            yield source, document
            if kind == "submissions":
                for file in sec_companies.older_pages(source, document):
                    if file in names:
                        yield source, sec_companies.as_page_of(source, document, look_at(source, archive.read(file), "json"))


def _data_sets(client: Client, window: Window) -> dict[str, pl.DataFrame]:
    """Each quarter asked for that is not loaded yet: a data set is final once it is there."""
    quarters = client.asks.get("sec_data_sets", ())
    if not quarters:
        raise NotAsked("Set ROTATION_SEC_DATA_SETS to quarters such as 2025q2,2025q3; 50 to 150 MB each, fetched once.")
    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in sec_data_sets.NOTHING}
    for quarter in quarters:
        url = DATA_SETS.format(quarter=quarter)
        if f"GET {url}" in window.loaded:
            continue
        content = client.get(PROVIDER, url, kind="zip", size=DATA_SET_SIZE).content
        for name, frame in sec_data_sets.read(f"sec data set {quarter}", content).items():
            frames[name].append(frame)
    return {name: pl.concat(parts, how="vertical_relaxed") if parts else sec_data_sets.NOTHING[name] for name, parts in frames.items()}
