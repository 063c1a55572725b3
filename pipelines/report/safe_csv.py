"""A frame as CSV that is safe to open in a spreadsheet. Not for where it goes, nor for workbooks (a workbook has types, and needs no apostrophes).

A spreadsheet takes a text cell that begins with = + - @ for a formula, wherever the text came from: a provider, a dropped file, an article.
"""

import polars as pl

_FORMULA = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"  # the last four are their full-width forms, which some spreadsheets take for the same
_IGNORED = "[\\s\\p{Cc}\\p{Cf}\"'`]*"  # what a spreadsheet strips, or may strip, before it looks
_BEGINS = f"^(?:{_IGNORED}{_FORMULA}|[\\t\\r\\n])"
# Where the list separator is a semicolon (half of Europe) quotes do not hold a cell together, and what follows one of these begins another.
_BEGINS_ANOTHER = f"([;\\t\\r\\n]{_IGNORED})({_FORMULA})"


def safe_csv(frame: pl.DataFrame) -> str:
    """The frame as RFC 4180: commas, CRLF, quotes where needed; NULL is empty, an empty text is `""`.

    Texts that would be formulas, names of columns among them, get an apostrophe before the sign; numbers, days and truth values are left as they
    are. It begins with a byte order mark: without one Excel takes UTF-8 for the machine's old code page, and every reader of data (Polars,
    pandas, DuckDB, R) skips it. Write it with encoding utf-8 and newline "".
    """
    texts = [c for c, kind in frame.schema.items() if kind in (pl.String, pl.Categorical, pl.Enum)]
    safe = frame.with_columns(_harmless(pl.col(c).cast(pl.String)) for c in texts)
    heads = pl.DataFrame({"name": frame.columns}, schema={"name": pl.String}).select(_harmless(pl.col("name"))).to_series()
    safe.columns = heads.to_list()
    return safe.write_csv(include_bom=True, line_terminator="\r\n", datetime_format="%Y-%m-%d %H:%M:%S%.f", quote_style="necessary")


def _harmless(text: pl.Expr) -> pl.Expr:
    inside = text.str.replace_all(_BEGINS_ANOTHER, "${1}'${2}")
    return pl.when(text.str.contains(_BEGINS)).then("'" + inside).otherwise(inside).name.keep()
