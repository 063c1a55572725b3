"""The SEC's documents by company as frames: tickers, companyfacts, submissions. Not for fetching them (sec.py) or data sets (sec_data_sets.py)."""

import re
from typing import Any

import polars as pl

from pipelines.sources.columns import column
from pipelines.sources.interface import SourceError
from pipelines.sources.payload import LOOK

DECIMALS = 4  # as many as the data sets give: a fact is the same from both
STATEMENTS = r"^(10-K|10-Q|10-KT|10-QT|20-F|40-F|6-K)"  # forms that can carry financial statements
FACT_FIELDS = {
    "start": "period_start",
    "end": "period_end",
    "accn": "accession",
    "form": "form",
    "fp": "fiscal_period",
    "filed": "filed_on",
}
# Amounts of a span of time, which every company has: a fact of one of them without a start is one whose start was renamed.
SPANS = ("Revenues", "NetIncomeLoss", "ProfitLoss", "OperatingIncomeLoss", "NetCashProvidedByUsedInOperatingActivities")
NO_FACTS = pl.DataFrame(
    schema={
        "cik": pl.Int64, "taxonomy": pl.String, "tag": pl.String, "unit": pl.String, "period_start": pl.String, "period_end": pl.String,
        "accession": pl.String, "value": pl.Float64, "form": pl.String, "fiscal_year": pl.String, "fiscal_period": pl.String,
        "filed_on": pl.String, "accepted_at": pl.String, "origin": pl.String,
    }
)  # fmt: skip
NO_FILINGS = pl.DataFrame(
    schema={
        "accession": pl.String, "cik": pl.Int64, "name": pl.String, "sic": pl.String, "form": pl.String, "period": pl.String,
        "fiscal_year_end": pl.String, "fiscal_year": pl.String, "fiscal_period": pl.String, "filed_on": pl.String, "accepted_at": pl.String,
        "is_amendment": pl.Boolean, "is_amended_later": pl.Boolean, "origin": pl.String,
    }
)  # fmt: skip


def tickers(source: str, document: Any) -> pl.DataFrame:
    """cik, ticker, name, exchange: of company_tickers.json (numbered objects) or of company_tickers_exchange.json (fields and rows).

    Raises:
        SourceError: neither of the two forms, or an empty list.
    """
    try:
        if "fields" in document:
            place = [document["fields"].index(f) for f in ("cik", "ticker", "name", "exchange")]
            rows = [[one[i] for i in place] for one in document["data"]]
        else:
            rows = [[one["cik_str"], one["ticker"], one["title"], None] for one in document.values()]
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as problem:
        raise SourceError(source, "companies with CIK, ticker and name", _said(problem), LOOK) from None
    if not rows:
        raise SourceError(source, "companies", "an empty list", LOOK)
    columns = ("cik", "ticker", "name", "exchange")
    frame = pl.DataFrame({name: _texts([row[i] for row in rows]) for i, name in enumerate(columns)})
    return frame.with_columns(cik=_whole(source, frame["cik"]))


def facts(source: str, document: Any) -> pl.DataFrame:
    """Every fact of one companyfacts document: columns filled tag by tag, no row is ever an object.

    Raises:
        SourceError: not in the form of companyfacts.
    """
    fields: dict[str, list[Any]] = {name: [] for name in ("taxonomy", "tag", "unit", "value", "fiscal_year", *FACT_FIELDS.values())}
    try:
        cik = _cik(source, document["cik"])
        for taxonomy, tags in document["facts"].items():
            for tag, said in tags.items():
                for unit, rows in said["units"].items():
                    fields["taxonomy"] += [taxonomy] * len(rows)
                    fields["tag"] += [tag] * len(rows)
                    fields["unit"] += [unit] * len(rows)
                    fields["value"] += [row.get("val") for row in rows]
                    fields["fiscal_year"] += [row.get("fy") for row in rows]
                    for theirs, ours in FACT_FIELDS.items():
                        fields[ours] += [row.get(theirs) for row in rows]
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise SourceError(source, "facts by taxonomy, tag and unit", _said(problem), LOOK) from None
    spans = [start for tag, start in zip(fields["tag"], fields["period_start"], strict=True) if tag in SPANS]
    if spans and not any(spans):
        raise SourceError(source, "a start on facts of a span of time", f"{len(spans):,} such facts, none with one", LOOK)
    values = column(fields.pop("value"))
    frame = pl.DataFrame({name: _texts(cells) for name, cells in fields.items()})
    return frame.with_columns(
        cik=pl.lit(cik, pl.Int64),
        value=values.round(DECIMALS) if values.dtype == pl.Float64 else values,
        period_start=pl.col("period_start").fill_null(pl.col("period_end")),
        accepted_at=pl.lit(None, pl.String),
        origin=pl.lit("companyfacts"),
    ).select(NO_FACTS.columns)


def older_pages(source: str, document: Any) -> list[str]:
    """Names of the files with a company's older filings."""
    try:
        return [str(file["name"]) for file in document["filings"].get("files") or []]
    except (AttributeError, KeyError, TypeError) as problem:
        raise SourceError(source, "filings of a company", _said(problem), LOOK) from None


def as_page_of(source: str, document: Any, page: Any) -> Any:
    """An older page in the form of the first one: it has the filings alone."""
    if not isinstance(page, dict):
        raise SourceError(source, "a page of filings", type(page).__name__, LOOK)
    return {**document, "filings": {"recent": page}}


def filings(source: str, document: Any) -> pl.DataFrame:
    """The filings with financial statements of one submissions document.

    Raises:
        SourceError: not in the form of submissions, or columns of different lengths.
    """
    theirs = {
        "accessionNumber": "accession", "form": "form", "reportDate": "period", "filingDate": "filed_on", "acceptanceDateTime": "accepted_at"
    }  # fmt: skip
    try:
        cik, recent = _cik(source, document["cik"]), document["filings"]["recent"]
        name, sic, year_end = (None if document.get(k) is None else str(document[k]) for k in ("name", "sic", "fiscalYearEnd"))
        columns = {ours: _texts(recent[key]) for key, ours in theirs.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise SourceError(source, "filings of a company", _said(problem), LOOK) from None
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        raise SourceError(source, "columns of one length", f"lengths {sorted(lengths)}", LOOK)
    rows = pl.DataFrame(columns).filter(pl.col("form").str.contains(STATEMENTS))
    return rows.with_columns(
        cik=pl.lit(cik, pl.Int64),
        name=pl.lit(name, pl.String),
        sic=pl.lit(sic, pl.String),
        fiscal_year_end=pl.lit(year_end, pl.String),
        fiscal_year=pl.lit(None, pl.String),
        fiscal_period=pl.lit(None, pl.String),
        accepted_at=pl.col("accepted_at").str.strip_suffix("Z"),
        is_amendment=pl.col("form").str.ends_with("/A"),
        is_amended_later=pl.lit(None, pl.Boolean),
        origin=pl.lit("submissions"),
    ).select(NO_FILINGS.columns)


def _said(problem: Exception) -> str:
    """What was not there, or was of another kind."""
    return f"no {problem}" if isinstance(problem, KeyError) else f"{type(problem).__name__}: {str(problem)[:100]}"


def _texts(cells: Any) -> pl.Series:
    """Cells as text, whatever they were: the cast says what cannot be read."""
    if not isinstance(cells, list):
        raise TypeError(f"a list was expected, not {type(cells).__name__}")
    return pl.Series([c if c is None or isinstance(c, str) else str(c) for c in cells], dtype=pl.String)


def _cik(source: str, said: object) -> int:
    """A number of at most ten digits, sent as a number or as text."""
    if isinstance(said, bool) or not re.fullmatch(r"[0-9]{1,10}", str(said)):
        raise SourceError(source, "a CIK of at most ten digits", f"{said!r:.100}", LOOK)
    return int(str(said))


def _whole(source: str, cells: pl.Series) -> pl.Series:
    """CIKs as numbers: everything hangs on them."""
    return pl.Series([_cik(source, cell) for cell in cells], dtype=pl.Int64)
