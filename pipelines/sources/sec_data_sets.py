"""A quarter of the SEC's Financial Statement Data Sets as frames, read straight from the zip. Not for fetching it (sec.py).

Of its four tables `sub` (filings) and `num` (values) are landed, `tag` says which tags are a filer's own; `pre` (places on the statements)
says nothing about a value, so it is only looked for.
"""

import polars as pl

from pipelines.sources.interface import SourceError
from pipelines.sources.payload import ASK_LATER, LOOK
from pipelines.sources.sec_companies import NO_FACTS, NO_FILINGS
from pipelines.sources.unzip import Limits, opened

LIMITS = Limits(unpacked=8 << 30)
SUB = ("adsh", "cik", "name", "sic", "fye", "form", "period", "fy", "fp", "filed", "accepted", "prevrpt")
NUM = ("adsh", "tag", "version", "ddate", "qtrs", "uom", "value")
TAG = ("tag", "version", "custom")
NONE = "-"
NOTHING = {
    "sec_filings": NO_FILINGS,
    "sec_facts": NO_FACTS,
    "sec_segment_facts": pl.DataFrame(schema={**NO_FACTS.schema, "segments": pl.String, "coregistrant": pl.String}),
}


def read(source: str, content: bytes) -> dict[str, pl.DataFrame]:
    """Filings, facts and segment facts of one quarter; every line of `num` is in one of the two.

    Raises:
        SourceError: a member is missing, damaged, or lacks columns.
    """
    with opened(source, content, LIMITS) as archive:
        names = {name.rsplit("/", 1)[-1]: name for name in archive.namelist()}
        missing = [n for n in ("sub.txt", "num.txt", "tag.txt", "pre.txt") if n not in names]
        if missing:
            raise SourceError(source, "sub.txt, num.txt, tag.txt and pre.txt", f"no {', '.join(missing)}", LOOK)
        sub = _table(f"{source} sub.txt", archive.read(names["sub.txt"]), SUB)
        tags = _table(f"{source} tag.txt", archive.read(names["tag.txt"]), TAG)
        num = _table(f"{source} num.txt", archive.read(names["num.txt"]), NUM, ("segments", "coreg"))
    for column in ("segments", "coreg"):  # data sets before 2024 have no segments: what they hold is of the whole company
        if column not in num.columns:
            num = num.with_columns(pl.lit(None, pl.String).alias(column))
    filings = _filings(sub)
    facts = _facts(num, filings, tags)
    is_whole = pl.col("segments").is_null() & pl.col("coregistrant").is_null()
    parts = facts.filter(~is_whole).with_columns(pl.col("segments", "coregistrant").fill_null(NONE))
    return {
        "sec_filings": filings,
        "sec_facts": facts.filter(is_whole).select(NO_FACTS.columns),
        "sec_segment_facts": parts.select(NOTHING["sec_segment_facts"].columns),
    }


def _table(source: str, content: bytes, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> pl.DataFrame:
    """The columns wanted, as text. A tab between cells, no quoting, as the SEC's readme says."""
    header = content[: content.find(b"\n") + 1].decode("utf-8", "replace").strip().split("\t")
    missing = [c for c in needed if c not in header]
    if missing:
        raise SourceError(source, f"columns {', '.join(needed)}", f"no {', '.join(missing)}", LOOK)
    if not content.endswith(b"\n"):  # a number cut short still is a number
        raise SourceError(source, "a last line that is whole", f"{content[-60:].splitlines()[-1]!r}: half a body?", ASK_LATER)
    wanted = [c for c in header if c in (*needed, *optional)]
    try:
        return pl.read_csv(content, separator="\t", quote_char=None, infer_schema=False, columns=wanted, encoding="utf8-lossy")
    except (pl.exceptions.PolarsError, ValueError) as problem:
        raise SourceError(source, "lines of one number of cells", str(problem)[:200], LOOK) from None


def _filings(sub: pl.DataFrame) -> pl.DataFrame:
    return sub.select(
        accession="adsh",
        cik=pl.col("cik").cast(pl.Int64, strict=False),
        name="name",
        sic="sic",
        form="form",
        period=_day("period"),
        fiscal_year_end="fye",
        fiscal_year="fy",
        fiscal_period="fp",
        filed_on=_day("filed"),
        accepted_at="accepted",
        is_amendment=pl.col("form").str.ends_with("/A"),
        is_amended_later=pl.col("prevrpt") == "1",
        origin=pl.lit("data_set"),
    ).select(NO_FILINGS.columns)


def _facts(num: pl.DataFrame, filings: pl.DataFrame, tags: pl.DataFrame) -> pl.DataFrame:
    """Dates are month ends (the SEC rounds them) and lengths are quarters, so a span starts the day after an earlier month end."""
    own = tags.filter(pl.col("custom") == "1").select("tag", "version", is_own=pl.lit(True)).unique(["tag", "version"])
    of_filing = filings.select("accession", "cik", "form", "fiscal_year", "fiscal_period", "filed_on", "accepted_at").unique("accession")
    end = pl.col("ddate").str.to_date("%Y%m%d", strict=False)
    quarters = pl.col("qtrs").cast(pl.Int64, strict=False)
    begun = end.dt.offset_by(pl.format("-{}mo", 3 * quarters.clip(0, 400))).dt.month_end().dt.offset_by("1d")
    return (
        num.join(of_filing, left_on="adsh", right_on="accession", how="left", maintain_order="left")
        .join(own, on=["tag", "version"], how="left", maintain_order="left")
        .select(
            "cik", "tag", "form", "fiscal_year", "fiscal_period", "filed_on", "accepted_at", "segments",
            taxonomy=pl.when(pl.col("is_own") | (pl.col("version") == pl.col("adsh")))
            .then(pl.lit("custom"))
            .otherwise(pl.col("version").str.split("/").list.first()),
            unit="uom",
            period_start=pl.when(quarters == 0).then(end).when((quarters > 0) & (quarters <= 400)).then(begun),
            period_end=end,
            accession="adsh",
            value="value",
            origin=pl.lit("data_set"),
            coregistrant="coreg",
        )
    )  # fmt: skip


def _day(name: str) -> pl.Expr:
    """YYYYMMDD as a day in words; what is none stays, for the cast to reject."""
    return pl.coalesce(pl.col(name).str.to_date("%Y%m%d", strict=False).dt.to_string("%Y-%m-%d"), pl.col(name))
