"""The SEC's forms of the simulated filings: tickers, companyfacts, submissions, data sets. Not for what the filings say (filings.py)."""

import json
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO
from itertools import groupby
from typing import Any

import numpy as np

from pipelines.sample.filings import SIC, Fact, Filing, cik, filers, habits
from pipelines.sample.market import SampleMarket

SUB = (
    "adsh\tcik\tname\tsic\tcountryba\tstprba\tcityba\tzipba\tbas1\tbas2\tbaph\tcountryma\tstprma\tcityma\tzipma\tmas1\tmas2\tcountryinc\tstprinc\tein\t"
    "former\tchanged\tafs\twksi\tfye\tform\tperiod\tfy\tfp\tfiled\taccepted\tprevrpt\tdetail\tinstance\tnciks\taciks"
)
NUM = "adsh\ttag\tversion\tddate\tqtrs\tuom\tsegments\tcoreg\tvalue\tfootnote"
TAG = "tag\tversion\tcustom\tabstract\tdatatype\tiord\tcrdr\ttlabel\tdoc"
PRE = "adsh\treport\tline\tstmt\tinpth\trfile\ttag\tversion\tplabel\tnegating"
QUARTER_DAYS = 91.3
DATA_SETS = ("2025q1", "2025q3")  # the annual reports, and half a year later: enough for twelve months of the split of revenue


def tickers(market: SampleMarket, as_of: date) -> bytes:
    """company_tickers.json: a company with two classes of shares has two tickers."""
    firms, rows = market.companies, []
    for i in _listed(market, as_of):
        who = habits(firms, i)
        symbol = str(firms.symbol[i])
        symbols = (symbol, f"{symbol}-B") if who.has_two_classes else (symbol,)
        rows += [{"cik_str": cik(i), "ticker": ticker, "title": f"{firms.name[i].upper()} (SIMULATED)"} for ticker in symbols]
    return json.dumps({str(n): row for n, row in enumerate(rows)}).encode()


def _listed(market: SampleMarket, as_of: date) -> list[int]:
    """Filers listed by a day; those soon to be listed file before."""
    firms = market.companies
    session = int(np.searchsorted(firms.days, np.datetime64(as_of), side="right")) - 1
    filed = {f.company for f in market.filings if f.filed <= as_of}
    return [i for i in filers(firms, market.membership.members) if firms.listed[i] <= session or i in filed]


def _by_company(market: SampleMarket, as_of: date) -> Iterable[tuple[int, list[Filing]]]:
    """Every company listed by a day, with what it filed by then."""
    filed = {i: list(group) for i, group in groupby((f for f in market.filings if f.filed <= as_of), key=lambda f: f.company)}
    return ((i, filed.get(i, [])) for i in _listed(market, as_of))


def _zip(members: Iterable[tuple[str, str]]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in members:
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED, compresslevel=1)
    return file.getvalue()


def companyfacts(market: SampleMarket, as_of: date) -> bytes:
    """The bulk file: a document a company, facts without segments, the fiscal year and period of the filing beside each."""
    documents = _by_company(market, as_of)
    return _zip((f"CIK{cik(i):010d}.json", json.dumps(facts_document(market, i, group))) for i, group in documents)


def facts_document(market: SampleMarket, company: int, filings: Sequence[Filing]) -> dict[str, Any]:
    """companyfacts of one company."""
    facts: dict[str, dict[str, Any]] = {}
    for f in filings:
        for fact in f.facts:
            if fact.segment:
                continue
            said = facts.setdefault(fact.taxonomy, {}).setdefault(fact.tag, {"label": None, "description": None, "units": {}})
            span = {"start": str(fact.start)} if fact.start else {}
            row = {"end": str(fact.end), "val": int(fact.value), "accn": f.accession, "fy": f.fiscal_year, "fp": f.fiscal_period}
            said["units"].setdefault(fact.unit, []).append(span | row | {"form": f.form, "filed": str(f.filed)})
    return {"cik": cik(company), "entityName": f"{market.companies.name[company]} (SIMULATED)", "facts": facts}


def submissions(market: SampleMarket, as_of: date) -> bytes:
    """The bulk file: what each company is, and its filings as columns."""
    documents = _by_company(market, as_of)
    return _zip((f"CIK{cik(i):010d}.json", json.dumps(_submissions(market, i, group))) for i, group in documents)


def _submissions(market: SampleMarket, company: int, filings: Sequence[Filing]) -> dict[str, Any]:
    firms = market.companies
    newest = sorted(filings, key=lambda f: f.filed, reverse=True)
    recent = {
        "accessionNumber": [f.accession for f in newest],
        "filingDate": [str(f.filed) for f in newest],
        "reportDate": [str(f.period) for f in newest],
        "acceptanceDateTime": [f"{f.accepted:%Y-%m-%dT%H:%M:%S}.000Z" for f in newest],
        "form": [f.form for f in newest],
    }
    return {
        "cik": f"{cik(company):010d}",
        "name": f"{firms.name[company]} (SIMULATED)",
        "sic": str(SIC[str(firms.sector[company])]),
        "fiscalYearEnd": f"{habits(firms, company).year_ends_in:02d}31",
        "tickers": [str(firms.symbol[company])],
        "filings": {"recent": recent, "files": []},
    }


def published(as_of: date) -> tuple[str, ...]:
    """The data sets the sample market asks itself for, once they are there."""
    return tuple(quarter for quarter in DATA_SETS if as_of >= _quarter(quarter)[1].replace(day=10))


def _quarter(name: str) -> tuple[date, date]:
    """First day, and the day after the last."""
    year, number = int(name[:4]), int(name[5])
    return date(year, 3 * number - 2, 1), date(year + number // 4, 3 * number % 12 + 1, 1)


def data_set(market: SampleMarket, quarter: str, as_of: date) -> bytes | None:
    """The data set of a quarter such as 2025q3, some days after its end; None for others and before."""
    if quarter not in published(as_of):
        return None
    first, after = _quarter(quarter)
    filed = [f for f in market.filings if first <= f.filed < after]
    tags = sorted({(fact.tag, _version(f, fact), fact.unit, fact.start is None) for f in filed for fact in f.facts})
    members = {
        "sub.txt": [SUB, *(_sub(market, f) for f in filed)],
        "num.txt": [NUM, *(_num(f, fact) for f in filed for fact in f.facts)],
        "tag.txt": [
            TAG,
            *(f"{t}\t{v}\t0\t0\t{'shares' if u == 'shares' else 'monetary'}\t{'I' if i else 'D'}\t\t{t}\tSIMULATED" for t, v, u, i in tags),
        ],
        "pre.txt": [PRE, *(f"{f.accession}\t2\t1\tIS\t0\tH\t{f.facts[0].tag}\t{_version(f, f.facts[0])}\tSIMULATED\t0" for f in filed)],
    }
    return _zip((name, "\n".join(lines) + "\n") for name, lines in members.items())


def _version(filing: Filing, fact: Fact) -> str:
    return f"{fact.taxonomy}/{filing.filed.year}"


def _sub(market: SampleMarket, f: Filing) -> str:
    firms = market.companies
    cells = dict.fromkeys(SUB.split("\t"), "")
    cells |= {
        "adsh": f.accession, "cik": str(cik(f.company)), "name": f"{firms.name[f.company].upper()} (SIMULATED)",
        "sic": str(SIC[str(firms.sector[f.company])]), "fye": f"{habits(firms, f.company).year_ends_in:02d}31", "form": f.form,
        "period": f"{_month_end(f.period):%Y%m%d}", "fy": str(f.fiscal_year), "fp": f.fiscal_period, "filed": f"{f.filed:%Y%m%d}",
        "accepted": f"{f.accepted:%Y-%m-%d %H:%M:%S}.0", "prevrpt": "0", "detail": "1", "nciks": "1",
    }  # fmt: skip
    return "\t".join(cells.values())


def _num(f: Filing, fact: Fact) -> str:
    """Days are rounded to the month end they are nearest to, spans to quarters."""
    quarters = round(((fact.end - fact.start).days + 1) / QUARTER_DAYS) if fact.start else 0
    cells = (
        f.accession,
        fact.tag,
        _version(f, fact),
        f"{_month_end(fact.end):%Y%m%d}",
        str(quarters),
        fact.unit,
        fact.segment,
        "",
        f"{fact.value:.4f}",
        "",
    )
    return "\t".join(cells)


def _month_end(day: date) -> date:
    """The month end nearest to a day."""
    return date.fromordinal(min(_ends_around(day), key=lambda end: abs(end - day.toordinal())))


def _ends_around(day: date) -> tuple[int, int]:
    first = day.replace(day=1)
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return first.toordinal() - 1, following.toordinal() - 1
