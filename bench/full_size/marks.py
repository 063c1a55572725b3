"""Every ratio that is measured, what it says and how small it is wanted. Not for measuring it (contests)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """`wanted_2_cores`, `wanted_4_cores`: the most it may be; None where nothing is asked, and the number is told all the same.

    `in_the_way`: what stands in the way where it is missed."""

    key: str
    says: str
    wanted_2_cores: float | None = None
    wanted_4_cores: float | None = None
    in_the_way: str = ""

    def wanted(self, cores: int) -> float | None:
        """What counts on a machine of so many cores."""
        return self.wanted_4_cores if cores >= 4 else self.wanted_2_cores


MARKS = {
    m.key: m
    for m in (
        Mark("derive_vs_pandas", "everything published of companies' bars, against pandas", 0.25, 0.20),
        Mark("derive_vs_polars", "the same against Polars", 0.6, 0.55),
        Mark("derive_vs_talib", "the same against a loop of TA-Lib"),
        Mark("derive_vs_window_sql", "the same against one statement of window SQL"),
        Mark("derive_vs_copy", "the same against copying the raw table to another DuckDB file", 9, 7),
        Mark("rss_vs_pandas", "peak of memory, against pandas", 0.33, 0.33),
        Mark("growth_symbols_2x", "time with twice the symbols, against once", 2.1, 2.1),
        Mark("growth_years_2x", "time with twice the years, against once", 2.1, 2.1),
        Mark("growth_4x", "time with twice of both, against once"),
        Mark("limit_2gb_vs_free", "time within 2 GB, against no limit", 1.3, 1.3),
        Mark("limit_2gb_peak_gb", "peak of memory within 2 GB, in GB", 2.4, 2.4),
        Mark(
            "daily_vs_full", "adding one day of all symbols, against deriving everything", 0.05, 0.05,
            "The windows of a day go over the bars of 420 days, and each of five models costs dbt and DuckDB something whatever is in it.",
        ),
        Mark(
            "ingest_vs_ctas", "dropped files through gate 1 into raw, against CREATE TABLE AS of them", 3, 2.5,
            "All files of a run are one frame, cast, dated, compared and checked on one core for the most part, and handed to DuckDB after "
            "that; CREATE TABLE AS writes while it reads, on all cores. Loading Great Expectations counts, too.",
        ),
        Mark("gates_share", "share of the checks in landing and building", 0.25, 0.25),
        Mark("query_vs_raw", "the worst of ten dashboard queries, against computing it from Parquet", 0.2, 0.2),
        Mark("readers_8_vs_1", "p95 of those queries with eight readers against one, per core at work", 3, 2),
        Mark("run_vs_dbt_build", "a warm `rotation run` on the sample, against a bare `dbt build`", 2, 2),
    )
}  # fmt: skip
