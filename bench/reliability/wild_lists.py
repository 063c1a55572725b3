"""Wild values and lists that are right: rates, surveys, factors, valuations, members, holdings, filings, dropped files. Not for prices (wild_days)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bench.reliability.raw_ground import Line, Offer, ready
from bench.reliability.wild_days import Wild, calm, sessions
from pipelines.catalog import catalog


def rate(name: str, of: str, days: Sequence[str], values: Sequence[float], new: int = 1) -> Wild:
    """A series of FRED."""
    one = replace(catalog()[of], is_required=True)
    lines: list[Line] = [{"series_id": one.symbol, "observation_date": d, "value": str(v)} for d, v in zip(days, values, strict=True)]
    return Wild(name, Offer(one, {"fred_observations": lines[:-new]}, {"fred_observations": lines}))


def days(until: str, n: int) -> list[str]:
    """Calendar days: a target range is told every day."""
    return [str(date.fromisoformat(until) - timedelta(days=k)) for k in reversed(range(n))]


def months(until: str, n: int) -> list[str]:
    year, month = int(until[:4]), int(until[5:7])
    return [_first(year * 12 + month - 1 - k) for k in reversed(range(n))]


def _first(count: int) -> str:
    return f"{count // 12}-{count % 12 + 1:02}-01"


def rates() -> Iterator[Wild]:
    """What central banks, markets and statisticians did."""
    yield rate("2020-03-03: fifty points between meetings", "DFEDTARU", days("2020-03-04", 300), [1.75] * 299 + [1.25])
    yield rate("2020-03-15: a hundred points on a Sunday", "DFEDTARU", days("2020-03-16", 300), [1.25] * 299 + [0.25])
    yield rate("a target range that reaches zero", "DFEDTARL", days("2008-12-16", 300), [1.0] * 299 + [0.0])
    yield rate("a run of fourteen months without a move", "DFEDTARU", days("2024-09-18", 430), [5.5] * 429 + [5.0])
    yield rate("a bill at zero", "DGS3MO", sessions("2011-08-04", 260), [0.02] * 259 + [0.0])
    yield rate("a bill below zero", "DGS3MO", sessions("2020-03-26", 260), [0.02] * 259 + [-0.04])
    yield rate("a funds rate of twenty percent", "DFF", days("1981-01-05", 300), [*calm(16, 299), 20.1])
    yield rate("a curve inverted by a hundred points", "T10Y2Y", sessions("2023-03-08", 260), [*calm(-0.9, 259), -1.07])
    yield rate("a curve that crosses zero", "T10Y3M", sessions("2024-12-13", 260), [-0.03] * 259 + [0.0])
    yield rate("volatility at 82.69", "VIXCLS", sessions("2020-03-16", 260), [*calm(20, 258), 57.83, 82.69], new=2)
    yield rate("junk at 21.8 points above Treasuries", "BAMLH0A0HYM2", sessions("2008-12-15", 260), [*calm(16, 259), 21.8])
    yield rate(
        "a month without a value: October 2025",
        "CPIAUCSL",
        [*months("2025-09-01", 40), "2025-11-01"],
        [*[300 + k / 2 for k in range(40)], 325.0],
    )
    yield rate("unemployment from 4.4 to 14.8", "UNRATE", months("2020-04-01", 60), [*[3.5] * 58, 4.4, 14.8], new=2)
    yield rate("a survey from fifty to exactly zero", "DRTSCIS", _quarters("2010-07-01", 30), [*[50.0] * 29, 0.0])
    yield rate("a survey at minus thirty", "DRTSCILM", _quarters("2021-07-01", 30), [*[5.0] * 29, -32.4])
    weeks = days("2025-12-26", 7 * 260)[6::7]
    yield rate("conditions looser than ever", "NFCI", weeks, [*calm(0.5, 259), -0.99])
    told = rate("a year of payroll-like revisions", "UNRATE", months("2025-11-01", 60), [4.0 + (k % 7) / 10 for k in range(60)])
    lines = [
        line | {"value": str(float(str(line["value"])) + 0.1)} if 44 <= n < 58 else line
        for n, line in enumerate(told.offer.now["fred_observations"])
    ]
    yield replace(told, offer=replace(told.offer, now={"fred_observations": lines}))


def _quarters(until: str, n: int) -> list[str]:
    return months(until, 3 * n)[2::3]


def spoilt(name: str, table: str, *changes: dict[str, str | None], drop: int = 0, more: Sequence[dict[str, str | None]] = ()) -> Wild:
    """The usual next batch of a table with its last lines changed, some left out, and others like the last one put behind."""
    offer = ready()[table]
    lines = [dict(line) for line in offer.now[table]]
    lines = lines[: len(lines) - drop]
    for line, change in zip(reversed(lines), changes, strict=False):
        line |= change
    lines += [lines[-1] | one for one in more]
    return Wild(name, replace(offer, now=dict(offer.now) | {table: lines}))


def holdings(table: str, of: str) -> Iterator[Wild]:
    """Cash below zero, futures, a right without a price, and two classes of one company."""
    none: dict[str, str | None] = dict.fromkeys(("ticker", "cusip", "isin", "sedol"))
    future = none | {
        "line_no": "90",
        "name": "RUSSELL 2000 EMINI",
        "asset_class": "future",
        "weight_pct": "0.1",
        "shares": "12",
        "price": None,
    }
    cash = none | {"line_no": "91", "name": "CASH COLLATERAL", "asset_class": "cash", "weight_pct": "-0.1", "shares": "-1", "price": None}
    right = none | {
        "line_no": "92",
        "name": "CONTINGENT VALUE RIGHT",
        "asset_class": "equity",
        "weight_pct": "0",
        "shares": "100",
        "price": "0",
    }
    yield spoilt(f"{of}: futures, and cash below zero", table, more=(future, cash))
    yield spoilt(f"{of}: a right that weighs nothing", table, more=(right,))
    share: dict[str, str | None] = {"weight_pct": "5.0", "shares": "700"}
    yield spoilt(
        f"{of}: two classes of one company",
        table,
        share | {"ticker": "WILDA"},
        more=(share | {"line_no": "93", "ticker": "WILDB", "cusip": "999"},),
    )
    renamed = [{"ticker": f"N{n}", "name": f"NEW {n} INC", "cusip": f"0{n}"} for n in range(4)]
    yield spoilt(f"{of}: four of five lines are other companies after a reconstitution", table, *renamed)


def lists() -> Iterator[Wild]:
    """Holdings, members, filings and what desks drop."""
    yield from holdings("ishares_holdings", "iShares")
    yield from holdings("ssga_holdings", "State Street")
    yield from holdings("nport_holdings", "N-PORT")
    yield _members("a reconstitution: three hundred of two thousand leave", 2000, 300)
    yield spoilt("members without any weight", "drop_constituents", *[{"weight_pct": None}] * 5)
    yield spoilt("members whose weights make 99.6", "drop_constituents", {"weight_pct": "19.6"})
    yield spoilt("tickers with dots, slashes and figures", "drop_constituents", {"symbol": "BRK.B"}, {"symbol": "BF/B"}, {"symbol": "8X8"})
    yield spoilt("a tenth of all tickers gone less one", "sec_companies", drop=3)
    yield spoilt("a P/E that means nothing", "drop_valuations", {"value": None, "value_status": "not_meaningful"})
    yield spoilt("a P/E of three hundred", "drop_valuations", {"value": "300"})
    yield spoilt("an earnings yield below zero", "drop_valuations", {"metric": "earnings_yield", "value": "-2.4"})
    yield spoilt(
        "a book value below zero means no multiple", "drop_valuations", {"metric": "pb", "value": None, "value_status": "not_meaningful"}
    )
    yield spoilt("a target at a tenth of the price", "drop_targets", {"target_mean": "2.4", "target_low": "2", "target_high": "3"})
    yield spoilt("a target without range, analysts or day", "drop_targets", {"target_low": None, "target_high": None})
    yield spoilt("a universe expected to turn from loss to profit", "drop_consensus", {"earnings_base": "-12", "earnings_expected": "9"})
    yield spoilt("a universe expected to lose", "drop_consensus", {"earnings_base": "10", "earnings_expected": "-3"})
    yield spoilt(
        "growth that is stated without its sums", "drop_consensus", {"earnings_base": None, "earnings_expected": None, "growth_pct": "410"}
    )
    yield spoilt("a share that is the whole", "drop_fundamentals", {"value": "100"})
    sudden: dict[str, str | None] = {
        "event_id": "sudden",
        "event_date": "2026-01-05",
        "announced_on": "2026-01-05",
        "is_scheduled": "false",
    }
    yield spoilt("an emergency meeting, told on its day", "drop_events", sudden)
    yield spoilt("a meeting called off", "drop_events", {"withdrawn_on": "2026-01-08"})
    yield spoilt("a month that lost a third", "french_returns", {"value": "-34.4"})
    yield spoilt("a month that gained two thirds", "french_returns", {"value": "66.5"})
    yield spoilt("index earnings below zero", "shiller_months", {"earnings": "-6.9"})
    yield spoilt("earnings, dividends and CAPE not yet reported", "shiller_months", {"earnings": None, "dividend": None, "cape": None})
    yield spoilt("earnings that fell by nine tenths", "shiller_months", {"earnings": "22.5", "cape": "110"})
    yield from filings()


def filings() -> Iterator[Wild]:
    """What companies file: late, again, odd and small."""
    yield spoilt("a filing two hundred days late", "sec_filings", {"form": "NT 10-Q", "period": "2025-06-30"})
    yield spoilt("an amended annual report", "sec_filings", {"form": "10-K/A", "is_amendment": "true"})
    again: dict[str, str | None] = {"accession": "0000000007-25-000099", "form": "10-Q/A", "filed_on": "2025-12-01", "value": "980000000"}
    yield spoilt("an amended report says another number", "sec_facts", more=(again,))
    yield spoilt("a company grows eightfold by a merger", "sec_facts", {"value": "7500000000"})
    yield spoilt("a loss of five hundred times last year's profit", "sec_facts", {"tag": "NetIncomeLoss", "value": "-450000000"})
    yield spoilt("equity below zero", "sec_facts", {"tag": "StockholdersEquity", "value": "-90000000"})
    yield spoilt("a bank's revenue below zero", "sec_facts", {"tag": "Revenues", "value": "-3000000", "period_start": "2025-08-01"})
    newest_cover: list[dict[str, str | None]] = [
        *({} for _ in range(30)),
        {"value": "2000000"},
    ]  # of four tags with ten filings each, the first
    yield spoilt("a reverse split leaves a twenty-fifth of the shares", "sec_facts", *newest_cover)
    yield spoilt(
        "a segment below zero: eliminations",
        "sec_segment_facts",
        {"tag": "Revenues", "value": "-8000000", "segments": "Consolidation=Eliminations"},
    )


def _members(name: str, n: int, gone: int) -> Wild:
    """A list of n of which some are replaced."""
    offer = ready()["drop_constituents"]

    def of(day: str, first: int) -> list[Line]:
        about = dict(offer.now["drop_constituents"][0])
        return [
            about | {"snapshot_date": day, "symbol": f"S{k}", "name": f"Co {k}", "weight_pct": str(100 / n), "_line": str(k)}
            for k in range(first, first + n)
        ]

    return Wild(name, replace(offer, held={"drop_constituents": of("2025-12-31", 0)}, now={"drop_constituents": of("2026-01-08", gone)}))
