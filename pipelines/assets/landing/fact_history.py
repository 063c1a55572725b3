"""Facts against what the same company said before: slips of unit and sign, placeholders, counts that stand still. Not for limits of columns (apart.py).

Only facts filed earlier speak, so that a fact is judged by what was known on its day, in whatever order filings are loaded.
"""

import duckdb
import polars as pl

from pipelines.assets.landing.merge import REVISED, UNCHANGED
from pipelines.contracts import TableContract
from pipelines.resources.lent import lent
from pipelines.resources.warehouse import latest

# Tags that say how large a company is: a thousandfold step in one of them is a slip of unit, not news.
USD_SIZES = (
    "Revenues", "RevenueFromContractWithCustomerExcludingAssessedTax", "RevenueFromContractWithCustomerIncludingAssessedTax", "SalesRevenueNet",
    "SalesRevenueGoodsNet", "SalesRevenueServicesNet", "Assets", "LiabilitiesAndStockholdersEquity",
)  # fmt: skip
COVER = "EntityCommonStockSharesOutstanding"
COUNTS = ("CommonStockSharesOutstanding", "WeightedAverageNumberOfSharesOutstandingBasic")
# Revenues of a bank or an insurer can be negative; these cannot.
NEVER_NEGATIVE = (*(tag for tag in USD_SIZES if tag != "Revenues"), COVER, *COUNTS)
PLACEHOLDERS = (0, 1, 10, 100, 1000, 10_000)
LOOK_BACK_DAYS = 1100
FEWEST_BEFORE = 4
MOST_SPREAD = 100  # of the sizes before, the largest over the smallest: beyond it no size is usual
MOST_SHARES = 1e12  # more than any company has
ALL_OF_A_COMPANY = ("companyfacts", "submissions")
MOST_RESTATED = 10  # times what the same filing said before: a filing does not change, its payload was spoiled
NEVER_ZERO = ("Assets", "LiabilitiesAndStockholdersEquity")
LARGE_USD = 1e7  # a company that always sold so much in a quarter does not sell nothing in the next
NEAR = 0.3  # of the exponent: 500 to 2,000 times counts as a thousand
FROZEN_DAYS, FROZEN_FILINGS, MOVED = 300, 4, 0.10


def misfits(connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame) -> pl.Series:
    """The reason of each row of a compared batch that does not fit, null for the others."""
    tags = [*USD_SIZES, COVER, *COUNTS]
    numbered = rows.with_row_index("_row")
    parts = ["segments", "coregistrant"] if "segments" in contract.key else []
    columns = ["cik", "tag", "unit", "period_start", "period_end", "accession", "filed_on", "value", *parts]
    speaking = numbered.filter(pl.col("tag").is_in(tags)).select("_row", "_change", *columns)
    if speaking.is_empty():
        return pl.Series([None] * rows.height, dtype=pl.String)
    usd = numbered.filter((pl.col("_change") != UNCHANGED) & (pl.col("unit") == "USD")).select("_row", "cik", "accession")
    with lent(connection, speaking=speaking, usd_rows=usd):
        found = connection.execute(_sql(contract, columns, parts)).fetchall()
    reasons = pl.DataFrame(found, schema={"_row": pl.UInt32, "reason": pl.String}, orient="row").unique("_row", keep="first")
    return numbered.select("_row").join(reasons, on="_row", how="left", maintain_order="left")["reason"]


def restated(connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame) -> pl.Series:
    """The reason of each revised row whose filing said something of another size before, null for the others."""
    numbered = rows.with_row_index("_row")
    revised = numbered.filter(pl.col("_change") == REVISED).select("_row", *contract.key, "value")
    if revised.is_empty():
        return pl.Series([None] * rows.height, dtype=pl.String)
    held = latest(contract, "accession in (select accession from revised)")
    same = " and ".join(f"held.{k} = revised.{k}" for k in contract.key)
    with lent(connection, revised=revised):
        found: pl.DataFrame = connection.sql(
            f"""
            select _row, 'not what the same filing said before, by {MOST_RESTATED} times or more' as reason
            from revised join {held} as held on {same}
            where greatest(abs(revised.value), abs(held.value)) >= {MOST_RESTATED} * least(abs(revised.value), abs(held.value))
            """
        ).pl()
    joined = numbered.select("_row").join(found.cast({"_row": pl.UInt32}), on="_row", how="left", maintain_order="left")
    return joined["reason"].cast(pl.String)


def no_longer_sent(connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame) -> dict[str, int]:
    """Facts and filings we hold, by series, that a document which holds all of a company no longer has; a data set is of its quarter alone."""
    whole = rows.filter(pl.col("origin").is_in(ALL_OF_A_COMPANY)) if "origin" in rows.columns else rows.clear()
    if whole.is_empty():
        return {}
    with lent(connection, came=whole.select("_series", "cik", "origin", *(k for k in contract.key if k != "cik"))):
        found = connection.execute(
            f"""
            with told as (select distinct _series, cik, origin from came)
            select told._series, count(*)
            from (select distinct cik, origin, {", ".join(k for k in contract.key if k != "cik")} from raw.{contract.name}) as held
            join told using (cik, origin)
            anti join came on {" and ".join(f"came.{k} = held.{k}" for k in contract.key)}
            group by all
            """
        ).fetchall()
    return dict(found)


def _list(values: tuple[object, ...]) -> str:
    return ", ".join(f"'{v}'" if isinstance(v, str) else str(v) for v in values)


def _sql(contract: TableContract, columns: list[str], parts: list[str]) -> str:
    """Rows with a reason. A filing all of whose sizes are off by one power takes its other dollars with it.

    A filing is of a company: several may file one accession together, and each speaks for itself.
    """
    names = ", ".join(columns)
    unit = ", ".join(["cik", "tag", "unit", *parts])
    whole = "" if parts else _of_whole_company()
    return f"""
    with said as (
        select _row, _change, {names} from speaking
        union all by name
        select {names} from raw.{contract.name}
        where cik in (select cik from speaking) and tag in ({_list((*USD_SIZES, COVER, *COUNTS))})
            and (cik, tag, unit, period_start, period_end, accession) not in (select (cik, tag, unit, period_start, period_end, accession) from speaking)
    ),
    looked as (
        select *,
            count(*) over earlier as n, median(abs(value)) over earlier as usual, max(abs(value)) over earlier as most, min(abs(value)) over earlier as least
        from said
        where value <> 0
        window earlier as (
            partition by {unit}, round((period_end - period_start + 1) / 91.3) order by filed_on
            range between interval {LOOK_BACK_DAYS} days preceding and interval 1 day preceding)
    ),
    sized as (
        select *, case
            when n >= {FEWEST_BEFORE} and most < {MOST_SPREAD} * least and abs(abs(log10(abs(value) / usual)) - 3) < {NEAR} then 3
            when n >= {FEWEST_BEFORE} and most < {MOST_SPREAD} * least and abs(abs(log10(abs(value) / usual)) - 6) < {NEAR} then 6
            when n >= {FEWEST_BEFORE} and most < 10 * least and abs(abs(log10(abs(value) / usual)) - 2) < {NEAR} then 2
        end as power
        from looked
        where _row is not null and _change <> '{UNCHANGED}'
    ),
    slipped as (
        select cik, accession, max(power) as power
        from sized
        where unit = 'USD' and n >= {FEWEST_BEFORE}
        group by cik, accession
        having count(power) >= 2 and count(power) = count(*)
    ),
    reasons as (
        select _row, 1 as rank, printf('off by 10^%d against the company''s own history', power) as reason from sized where power > 2
        union all
        select _row, 2, printf('of a filing whose sizes are all off by 10^%d', power) from usd_rows join slipped using (cik, accession)
        {whole}
    )
    select _row, reason from reasons order by _row, rank
    """


def _of_whole_company() -> str:
    """Checks on facts of the whole company: an elimination is negative, a class may well have one share, and stand still."""
    return f"""
        union all
        select _row, 3, 'negative, which the tag cannot be' from speaking
        where value < 0 and tag in ({_list(NEVER_NEGATIVE)}) and _change <> '{UNCHANGED}'
        union all
        select _row, 4, 'zero, where the company''s own history never is'
        from (
            select *, min(abs(value)) over earlier as least, max(abs(value)) over earlier as most, count(*) over earlier as n
            from said
            where tag in ({_list(USD_SIZES)})
            window earlier as (
                partition by cik, tag, unit, round((period_end - period_start + 1) / 91.3) order by filed_on
                range between interval {LOOK_BACK_DAYS} days preceding and interval 1 day preceding)
        )
        where _row is not null and _change <> '{UNCHANGED}' and value = 0 and n >= {FEWEST_BEFORE} and least > 0
            and (tag in ({_list(NEVER_ZERO)}) or (least >= {LARGE_USD} and most < 10 * least))
        union all
        select _row, 0, 'a placeholder, not a count of shares' from speaking
        where tag in ({_list((COVER, *COUNTS))}) and value in ({_list(PLACEHOLDERS)}) and _change <> '{UNCHANGED}'
        union all
        select _row, 0, 'more shares than any company has, off by 10^3 or 10^6' from speaking
        where tag in ({_list((COVER, *COUNTS))}) and value > {MOST_SHARES} and _change <> '{UNCHANGED}'
        union all
        select _row, 5, 'a count of shares that stands still while the filing''s other counts moved'
        from (
            select cover.*, counts.value as other,
                count(*) over same as same_n, min(cover.filed_on) over same as since
            from said as cover
            left join (
                select cik, accession, arg_max(value, (period_end, -(period_end - period_start), tag, value)) as value
                from said where tag in ({_list(COUNTS)}) and value > 0 group by cik, accession
            ) as counts using (cik, accession)
            where cover.tag = '{COVER}' and cover.value > 0
            window same as (
                partition by cover.cik, cover.unit, cover.value order by cover.filed_on
                range between interval {LOOK_BACK_DAYS} days preceding and interval 1 day preceding)
        )
        where _row is not null and _change <> '{UNCHANGED}' and same_n >= {FROZEN_FILINGS} and filed_on - since >= {FROZEN_DAYS}
            and abs(other / value - 1) > {MOVED}
    """
