"""What a dropped file's columns mean: names recognised, dates and numbers read, what cannot be read listed. Not for limits."""

import re
from dataclasses import dataclass
from datetime import time

import polars as pl

from pipelines.contracts import TableContract, contracts
from pipelines.sources.drop_grid import Grid, GridError
from pipelines.sources.plain import LIVELY

PROBLEMS = pl.Schema({"line": pl.Int64(), "column": pl.String(), "value": pl.String(), "reason": pl.String()})
LONGEST_TEXT = 1000  # characters of a cell: titles and names are shorter
NOTHING = ("", "-", "--", "na", "n/a", "#n/a", "nan", "null", "none")

_SYMBOL = ("symbol", "ticker", "ticker symbol")
_NAME = ("name", "company", "company name", "security", "issuer")
_CAPTURED = ("captured on", "captured", "date", "as of", "as of date", "snapshot date")
SYNONYMS: dict[str, dict[str, tuple[str, ...]]] = {  # docs/sources/drop.md; case, spaces, dashes and underscores do not matter
    "drop_bars": {
        "symbol": _SYMBOL,
        "session_date": ("session date", "date", "day", "trade date", "trading day", "timestamp", "datetime"),
        "open": ("open", "open price"),
        "high": ("high", "high price"),
        "low": ("low", "low price"),
        "close": ("close", "close price", "last", "price"),
        "adjusted_close": ("adjusted close", "adj close", "adjclose", "adj. close", "close adjusted"),
        "volume": ("volume", "vol", "shares traded"),
        "price_basis": ("price basis",),
    },
    "drop_constituents": {
        "snapshot_date": ("snapshot date", "date", "as of", "as of date"),
        "symbol": _SYMBOL,
        "name": _NAME,
        "sector": ("sector", "gics sector", "category", "industry sector"),
        "weight_pct": ("weight pct", "weight", "weight (%)", "weight %", "index weight"),
        "shares": ("shares", "shares (millions)", "shares millions"),
    },
    "drop_valuations": {
        "month_end": ("month end", "date", "month"),
        "universe_id": ("universe id", "universe"),
        "source_id": ("source id", "source"),
        "published_on": ("published on", "published"),
    },
    "drop_targets": {
        "symbol": _SYMBOL,
        "captured_on": _CAPTURED,
        "name": _NAME,
        "price": ("price", "close", "last", "last price"),
        "target_mean": ("target mean", "mean target", "price target", "target", "average target"),
        "target_high": ("target high", "high target"),
        "target_low": ("target low", "low target"),
        "analysts_n": ("analysts n", "analysts", "number of analysts"),
        "target_date": ("target date", "target as of", "last updated"),
    },
    "drop_consensus": {
        "universe_id": ("universe id", "universe"),
        "sector": ("sector", "gics sector"),
        "captured_on": _CAPTURED,
        "earnings_base": ("earnings base", "base", "base earnings"),
        "earnings_expected": ("earnings expected", "expected", "expected earnings"),
        "growth_pct": ("growth pct", "growth", "growth (%)", "growth %"),
        "source_id": ("source id", "source"),
    },
    "drop_fundamentals": {
        "period_end": ("period end", "date", "month end", "quarter end"),
        "universe_id": ("universe id", "universe"),
        "source_id": ("source id", "source"),
        "published_on": ("published on", "published"),
    },
    "drop_events": {
        "event_date": ("event date", "date"),
        "is_scheduled": ("is scheduled", "scheduled"),
        "announced_on": ("announced on", "announced", "known on"),
    },
}
_FOLDER_SAYS = ("collection", "list_id")
_DAY_FORMATS = (
    (r"^\d{4}-\d{1,2}-\d{1,2}([T ]00:00:00(\.0+)?(Z|[+-]00:?00)?)?$", "%Y-%m-%d"),
    (r"^\d{4}/\d{1,2}/\d{1,2}$", "%Y/%m/%d"),
    (r"^(19|20)\d{6}$", "%Y%m%d"),
    (r"^\d{1,2}\.\d{1,2}\.\d{4}$", "%d.%m.%Y"),
    (r"^\d{1,2}/\d{1,2}/\d{4}$", "%m/%d/%Y or %d/%m/%Y"),
)
FORM_NAMES = {
    "%Y-%m-%d": "YYYY-MM-DD", "%Y/%m/%d": "YYYY/MM/DD", "%Y%m%d": "YYYYMMDD", "%d.%m.%Y": "DD.MM.YYYY", "%d/%m/%Y": "DD/MM/YYYY",
    "%m/%d/%Y": "MM/DD/YYYY",
}  # fmt: skip
_WITH_POINT = r"^[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d+)?$"
_WITH_COMMA = r"^[+-]?(\d{1,3}(\.\d{3})+|\d+)?(,\d+)?([eE][+-]?\d+)?$"


def recognise(table: str, header: list[str]) -> dict[str, int]:
    """Our names and the places of their columns.

    Raises:
        GridError: two columns that mean the same.
    """
    names = {c.name: (c.name.replace("_", " "),) for c in contracts()[table].columns if c.name not in _FOLDER_SAYS} | SYNONYMS[table]
    found: dict[str, list[int]] = {}
    for place, title in enumerate(header):
        plain = re.sub(r"[\s_-]+", " ", title).strip().lower()
        for ours, theirs in names.items():
            if plain in theirs:
                found.setdefault(ours, []).append(place)
    twice = [f"{header[p[0]]!r} and {header[p[1]]!r}" for p in found.values() if len(p) > 1]
    if twice:
        raise GridError("one column of each meaning", f"{twice[0]} mean the same", "Leave one of them out.")
    return {ours: places[0] for ours, places in found.items()}


@dataclass(frozen=True)
class Cells:
    """The recognised columns in their types beside `_line`, a row for each cell that could not be read, and how they were read, in words."""

    frame: pl.DataFrame
    problems: pl.DataFrame
    form: str


def values(grid: Grid, places: dict[str, int], contract: TableContract) -> Cells:
    """What the cells of the recognised columns say.

    Raises:
        GridError: numbers in two notations.
    """
    columns = {c.name: c for c in contract.columns}
    types = {name: columns[name].data_type if name in columns else "double" for name in places}
    raw = {name: grid.cells[f"c{place}"] for name, place in places.items()}
    comma = _has_decimal_comma([s for n, s in raw.items() if types[n] in ("double", "bigint") and s.dtype == pl.String], grid.delimiter)
    read, problems = {}, []
    form = [grid.form, *(["decimal comma"] if comma else [])]
    for name, cells in raw.items():
        cells = _cleaned(cells, is_text=types[name] == "varchar")
        typed, why = _typed(cells, types[name], comma)
        if types[name] == "date" and cells.dtype == pl.String and (dated := _day_form(cells)) is not None:
            form.append(f"{name} as {FORM_NAMES[dated[1]]}")
        bad = cells.is_not_null() & typed.is_null()
        if types[name] == "varchar" and (lively := _lively(typed)).any():
            bad, why = lively, f"holds control characters, or more than {LONGEST_TEXT:,} characters"
        if types[name] == "double":
            bad |= typed.is_infinite().fill_null(False)
        allowed = columns[name].values if name in columns else None
        if allowed:
            bad |= typed.is_not_null() & ~typed.is_in(list(allowed))
            why = f"is none of {', '.join(allowed)}"
        if not bad.any() and (pattern := columns[name].pattern if name in columns else None) is not None:
            bad |= ~typed.str.contains(pattern).fill_null(True)
            why = f"is not of the form {pattern}"
        if bad.any():
            given = grid.cells[f"c{places[name]}"].cast(pl.String, strict=False).filter(bad).str.slice(0, LONGEST_TEXT)
            lines = grid.cells["_line"].filter(bad)
            problems.append(pl.DataFrame({"line": lines, "column": name, "value": given, "reason": why}, schema=PROBLEMS))
        read[name] = typed
    frame = pl.DataFrame({"_line": grid.cells["_line"], **read})
    listed = pl.concat(problems).sort("line", maintain_order=True) if problems else pl.DataFrame(schema=PROBLEMS)
    return Cells(frame, listed, ", ".join(form))


def _lively(text: pl.Series) -> pl.Series:
    """True where a text could command whatever shows it, or is no text any more."""
    return (text.str.contains(LIVELY) | (text.str.len_chars() > LONGEST_TEXT)).fill_null(False)


def _except(cells: pl.Series, out: pl.Series) -> pl.Series:
    """The cells, null where `out` is true."""
    return pl.select(pl.when(~out.fill_null(False)).then(cells).alias(cells.name))[cells.name]


def _nothing(cells: pl.Series, kind: pl.DataType) -> pl.Series:
    return pl.Series(cells.name, [None] * len(cells), dtype=kind)


def _cleaned(cells: pl.Series, is_text: bool = False) -> pl.Series:
    """Cells without the signs for nothing, NaN among them; in a column of text only empty is nothing (NA is a ticker)."""
    if cells.dtype in (pl.Categorical, pl.Enum):
        cells = cells.cast(pl.String)
    if cells.dtype == pl.String:
        text = cells.str.replace_all("\u00a0", " ").str.strip_chars()
        return _except(text, text == "" if is_text else text.str.to_lowercase().is_in(NOTHING))
    return cells.fill_nan(None) if cells.dtype.is_float() else cells


def _typed(cells: pl.Series, data_type: str, comma: bool) -> tuple[pl.Series, str]:
    if data_type == "date":
        return _dates(cells)
    if data_type == "varchar":
        return cells.cast(pl.String, strict=False), "is not text"
    if data_type == "boolean":
        return _booleans(cells), "is neither true nor false"
    if cells.dtype == pl.String:
        cells = _numbers(cells, comma)
    elif not cells.dtype.is_numeric():
        cells = _nothing(cells, pl.Float64())
    number = cells.cast(pl.Float64, strict=False)
    if data_type == "bigint":
        whole = _except(number, (number != number.floor()) | (number.abs() > 2**62))
        return whole.cast(pl.Int64, strict=False), "is not a whole number"
    return number, "is not a number"


def _booleans(cells: pl.Series) -> pl.Series:
    said = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    text = cells.cast(pl.String, strict=False).str.to_lowercase()
    return text.replace_strict(said, default=None, return_dtype=pl.Boolean())


def _numbers(text: pl.Series, comma: bool) -> pl.Series:
    """Numbers written with a decimal comma or point, thousands set apart or not; anything else is null."""
    text = text.str.replace_all(r"(\d)[ '’](\d{3})", "${1}${2}").str.replace_all(r"(\d)[ '’](\d{3})", "${1}${2}")
    good = text.str.contains(_WITH_COMMA if comma else _WITH_POINT)
    thousands = "." if comma else ","
    plain = text.str.replace_all(thousands, "", literal=True).str.replace_all(",", ".", literal=True)
    return _except(plain, ~good).cast(pl.Float64, strict=False)


def _has_decimal_comma(columns: list[pl.Series], delimiter: str | None) -> bool:
    """What the values prove; where they prove nothing (1,234), a file not parted by commas means a decimal comma.

    Raises:
        GridError: some values prove a comma, others a point.
    """
    with_comma = with_point = unclear = False
    for column in columns:
        text = _cleaned(column).drop_nulls()
        as_comma, as_point = text.str.contains(_WITH_COMMA), text.str.contains(_WITH_POINT)
        with_comma |= (as_comma & ~as_point).any()
        with_point |= (as_point & ~as_comma).any()
        unclear |= (as_comma & as_point & text.str.contains(",", literal=True)).any()
    if with_comma and with_point:
        raise GridError("one decimal sign", "numbers with a decimal comma and others with a point", "Write all numbers one way.")
    return with_comma or (unclear and not with_point and delimiter not in (",", None))


def _dates(cells: pl.Series) -> tuple[pl.Series, str]:
    why = "is not a date like the others (best: YYYY-MM-DD)"
    if cells.dtype == pl.Date:
        return cells, why
    if isinstance(cells.dtype, pl.Datetime):
        return _except(cells.dt.date(), cells.dt.time() != time(0)), "has a time of day"
    if cells.dtype.is_integer():
        cells = cells.cast(pl.String)
    if cells.dtype != pl.String:
        return _nothing(cells, pl.Date()), why
    if (found := _day_form(cells)) is None:
        return _nothing(cells, pl.Date()), "could be month/day or day/month: write YYYY-MM-DD"
    pattern, form = found
    fitting = _except(cells, ~cells.str.contains(pattern))
    if form == "%Y-%m-%d":
        fitting = fitting.str.slice(0, 10)
    return fitting.str.to_date(form, strict=False), why


def _day_form(cells: pl.Series) -> tuple[str, str] | None:
    """The pattern and form most of the cells have; none where nothing tells the month from the day."""
    counts = [(cells.str.contains(pattern).sum(), pattern, form) for pattern, form in _DAY_FORMATS]
    _, pattern, form = max(counts, key=lambda c: c[0])
    if " or " in form:
        parts = _except(cells, ~cells.str.contains(pattern)).str.split("/")
        over_12 = [(parts.list.get(place).cast(pl.Int64) > 12).any() for place in (0, 1)]
        if not any(over_12):
            return None
        form = "%d/%m/%Y" if over_12[0] else "%m/%d/%Y"
    return pattern, form
