"""FRED's CSV, the French library's zips and Shiller's workbook, as text and bytes. Not for the values in them."""

from datetime import UTC, date, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt
import xlsxwriter

from pipelines.catalog import Series, catalog
from pipelines.sample.calendar import month_ends
from pipelines.sample.chance import Floats
from pipelines.sample.french import FACTOR_COLUMNS, FIRST_MONTH, PORTFOLIO_COLUMNS
from pipelines.sample.market import SampleMarket

LINE = "\r\n"
Integers = npt.NDArray[np.int64]


def _of(provider: str, symbol: str) -> Series | None:
    return next((s for s in catalog().of(provider) if s.symbol.upper() == symbol.upper()), None)


def fred_csv(market: SampleMarket, query: dict[str, list[str]], as_of: date) -> bytes | None:
    """fredgraph.csv of one series: a blank where there is no value, nothing before its lag has passed."""
    series = _of("fred", query.get("id", [""])[0])
    if series is None:
        return None
    seen = market.economy.series(series)
    known = np.datetime64(as_of) - np.timedelta64(series.lag_days, "D")
    low, high = (np.datetime64(query.get(name, [bound])[0]) for name, bound in (("cosd", "1776-07-04"), ("coed", "9999-12-31")))
    kept = (seen.days >= low) & (seen.days <= min(high, known))
    days, values = np.datetime_as_string(seen.days[kept]).tolist(), seen.values[kept].tolist()
    rows = [f"{d},{v:.{seen.decimals}f}" if v == v else f"{d}," for d, v in zip(days, values, strict=True)]
    return "\n".join([f"observation_date,{series.symbol}", *rows, ""]).encode()


def _table(title: str, columns: tuple[str, ...], labels: list[str], values: Floats, form: str) -> str:
    """One table of the library: title, header, rows, CRLF."""
    line = f"%s,{','.join([form] * len(columns))}"
    rows = [line % (label, *row) for label, row in zip(labels, values.tolist(), strict=True)]
    return LINE.join([*([title] if title else []), "," + ",".join(columns), *rows])


def _labels(months: npt.NDArray[np.datetime64]) -> list[str]:
    return [text.replace("-", "") for text in np.datetime_as_string(months.astype("datetime64[M]")).tolist()]


def french_zip(market: SampleMarket, name: str, as_of: date) -> bytes | None:
    """The newest vintage a day knows of one of the library's files; none before the first."""
    series = _of("french", name.removesuffix("_CSV.zip")) if name.endswith("_CSV.zip") else None
    if series is None:
        return None
    vintages = month_ends(FIRST_MONTH, as_of)
    vintages = vintages[vintages + np.timedelta64(series.lag_days, "D") <= np.datetime64(as_of)]
    if not len(vintages):
        return None
    months = int(np.searchsorted(market.french.months, vintages[-1], side="right"))
    last_whole_year = (vintages[-1].astype("datetime64[M]") + 1).astype("datetime64[Y]").astype(int) + 1969
    years = int(np.searchsorted(market.french.years, last_whole_year, side="right"))
    vintage = _labels(vintages[-1:])[0]
    text = _factors_text(market, months, years, vintage) if "Factors" in series.symbol else _sizes_text(market, months, years, vintage)
    file, box = BytesIO(), ZipInfo(f"{series.symbol}.csv", (2020, 1, 1, 0, 0, 0))
    box.compress_type = ZIP_DEFLATED
    with ZipFile(file, "w") as archive:
        archive.writestr(box, text.encode(), compresslevel=1)
    return file.getvalue()


END = "SIMULATED, not data of the library"


def _factors_text(market: SampleMarket, months: int, years: int, vintage: str) -> str:
    data = market.french
    annual = [f"  {year}" for year in data.years[:years].tolist()]
    return (
        f"This file was created by SIMULATED_MARKET using the {vintage} CRSP database.{LINE}Every value is SIMULATED.{LINE}{LINE}"
        + _table("", FACTOR_COLUMNS, _labels(data.months[:months]), data.factors[:months], "%8.2f")
        + f"{LINE}{LINE}"
        + _table(" Annual Factors: January-December ", FACTOR_COLUMNS, annual, data.factors_annual[:years], "%8.2f")
        + f"{LINE}{LINE}{END}{LINE}"
    )


def _sizes_text(market: SampleMarket, months: int, years: int, vintage: str) -> str:
    data = market.french
    monthly, annual = _labels(data.months[:months]), [f"  {year}" for year in data.years[:years].tolist()]
    tables = [
        ("  Value Weight Returns -- Monthly", monthly, data.value_weighted[:months], "%8.2f"),
        ("  Equal Weight Returns -- Monthly", monthly, data.equal_weighted[:months], "%8.2f"),
        ("  Value Weight Returns -- Annual from January to December", annual, data.value_weighted_annual[:years], "%8.2f"),
        ("  Equal Weight Returns -- Annual from January to December", annual, data.equal_weighted_annual[:years], "%8.2f"),
        ("  Number of Firms in Portfolios", monthly, data.firms[:months], "%6.0f"),
        ("  Average Firm Size", monthly, data.sizes[:months], "%10.2f"),
    ]
    preamble = (
        f"This file was created by SIMULATED_MARKET using the {vintage} CRSP database.  It contains{LINE}"
        f"value- and equal-weighted SIMULATED returns for size portfolios.  Each record contains returns for:{LINE}{LINE}"
        f"Negative (not used)  30%  40%  30%     5 Quintiles    10 Deciles{LINE}{LINE}"
        f"Missing data are indicated by -99.99 or -999.{LINE}{LINE}{LINE}"
    )
    body = f"{LINE}{LINE}{LINE}".join(_table(title, PORTFOLIO_COLUMNS, *rest) for title, *rest in tables)  # type: ignore[arg-type]
    return f"{preamble}{body}{LINE}{LINE}{END}{LINE}"


HEADER = (
    ('Stock Market Data in the form used in "Irrational Exuberance": SIMULATED, every value',),
    ("SIMULATED",) + (None,) * 11 + ("Cyclically",),
    (None,) * 12 + ("Adjusted",),
    (None,) * 4 + ("  Consumer",) + (None,) * 4 + ("Real", None, "Real", "Price"),
    (None, "S&P", None, None, "Price", None, "Long", None, None, "Total", None, "TR", "Earnings"),
    (None, "Comp.", "Dividend", "Earnings", "Index", "Date  ", "Interest", "Real", "Real", "Return", "Real", "Scaled", "Ratio P/E10 or"),
    ("Date", "P", "D", "E", "CPI", "Fraction", "Rate GS10", "Price", "Dividend", "Price", "Earnings", "Earnings", "CAPE"),
)


def shiller_workbook(market: SampleMarket, as_of: date) -> bytes:
    """ie_data as an Excel workbook: header in the seventh row, months as 2021.1 for October, a footnote.

    A month is sent once it is whole, earnings too: filled in later they would be a revision, and this market has none.
    """
    data, series = market.composite, catalog().of("shiller")[0]
    n = int(np.searchsorted(data.months, np.datetime64(as_of) - np.timedelta64(series.lag_days, "D"), side="right"))
    months = data.months[:n]
    number = months.astype("datetime64[M]").astype(np.int64)
    year, month = 1970 + number // 12, number % 12 + 1
    factor = data.cpi[n - 1] / data.cpi[:n]
    columns: list[Floats] = [
        np.round(year + month / 100, 2),
        np.round(data.price[:n], 2),
        np.round(data.dividend[:n], 4),
        np.round(data.earnings[:n], 4),
        data.cpi[:n],
        np.round(year + (month - 0.5) / 12, 6),
        np.round(data.long_rate[:n], 2),
        np.round(data.price[:n] * factor, 2),
        np.round(data.dividend[:n] * factor, 4),
        np.full(n, np.nan),
        np.round(data.earnings[:n] * factor, 4),
        np.full(n, np.nan),
        np.round(data.cape[:n], 4),
    ]
    return _workbook(columns)


def _workbook(columns: list[Floats]) -> bytes:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "nan_inf_to_errors": False}) as book:
        book.set_properties({"title": "SIMULATED", "created": datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
        book.add_worksheet("Disclaimer").write_string(0, 0, "SIMULATED")
        sheet = book.add_worksheet("Data")
        for i, cells in enumerate(HEADER):
            for j, cell in enumerate(cells):
                if cell is not None:
                    sheet.write_string(i, j, cell)
        rows = zip(*(c.tolist() for c in columns), strict=True)
        last = len(HEADER)
        for last, row in enumerate(rows, start=len(HEADER)):
            for j, value in enumerate(row):
                if value == value:
                    sheet.write_number(last, j, value)
                elif j == len(row) - 1:
                    sheet.write_string(last, j, "NA")
        sheet.write_string(last + 1, 1, "SIMULATED")
    return file.getvalue()
