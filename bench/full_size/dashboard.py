"""Ten questions of a dashboard about breadth: as asked of the published file, and as computed from the Parquet files. Not for asking them (asking.py).

From the files each question computes what it needs and no more: only its windows and counts, and only the years these reach back to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from bench.full_size.bars import LAST, glob, lists

YEAR = LAST - timedelta(days=365)
QUARTER = LAST - timedelta(days=92)
REACH = timedelta(days=800)  # before the first day of a window of 252 sessions, halts included
WINDOWS = {
    "is_above_50": "case when n >= 50 then close > avg(close) over (stretch rows 49 preceding) * (1 + 1e-9) end",
    "is_above_200": "case when n >= 200 then close > avg(close) over (stretch rows 199 preceding) * (1 + 1e-9) end",
    "is_high": "case when n >= 252 then close = max(close) over year and max(close) over year > min(close) over year end",
    "is_low": "case when n >= 252 then close = min(close) over year and max(close) over year > min(close) over year end",
}
ADVANCES = "count(*) filter (where close > previous_close) as advances, count(*) filter (where close < previous_close) as declines"
HIGHS = "count(is_high) as eligible, count(*) filter (where is_high) as highs, count(*) filter (where is_low) as lows"


STRETCHES = """
    stretches as (
        select *, count(*) filter (where since > 10) over (partition by universe_id, symbol order by session_date) as stretch from numbered
    ),
    placed as (
        select *, row_number() over (partition by universe_id, symbol, stretch order by session_date) as n from stretches
    ),"""
OVER_STRETCHES = """from placed
        window stretch as (partition by universe_id, symbol, stretch order by session_date),
            year as (partition by universe_id, symbol, stretch order by session_date rows 251 preceding)"""
ANCHORED = """
        select listed.*, anchors.close as anchor_close from read_parquet('{lists}') as listed
        asof left join company_days as anchors on anchors.universe_id = listed.universe_id and anchors.symbol = listed.symbol
            and anchors.session_date <= listed.snapshot_date"""


@dataclass(frozen=True)
class Question:
    """Both answers are rows in the same order. `raw` reads the files of a folder."""

    name: str
    published: str
    counts: str
    windows: Sequence[str]
    raw: str
    since: date | None = None
    universes: Sequence[str] = ("R2000",)
    is_weighted: bool = False

    def from_files(self, data: Path) -> str:
        """The same computed from the files."""
        return f"with recursive {_members(self, data)}, days as (select universe_id, session_date, {self.counts} from members group by all) {self.raw}"


def _members(question: Question, data: Path) -> str:
    """The members' days by the list of the day, with the columns the question needs."""
    names = ", ".join(f"'{u}'" for u in question.universes)
    reached = f"and session_date >= date '{question.since - REACH}'" if question.since else ""
    wanted = f"where session_date >= date '{question.since}'" if question.since else ""
    flags = "".join(f", {WINDOWS[w]} as {w}" for w in question.windows)
    return f"""
    bars as (
        select collection as universe_id, symbol, session_date, close from read_parquet('{glob(data)}') where collection in ({names}) {reached}
    ),
    sessions as (
        select session_date, row_number() over (order by session_date) as session_no from (select distinct session_date from bars)
    ),
    numbered as (
        select *, lag(close) over company as last_close, session_no - lag(session_no) over company as since
        from bars join sessions using (session_date) window company as (partition by universe_id, symbol order by session_date)
    ),
    {STRETCHES if flags else ""}
    company_days as (
        select universe_id, symbol, session_date, close, case when since = 1 then last_close end as previous_close{flags}
        {OVER_STRETCHES if flags else "from numbered"}
    ),
    lists as ({(ANCHORED if question.is_weighted else "from read_parquet('{lists}')").format(lists=lists(data))}),
    day_lists as (
        select days.universe_id, days.session_date, held.snapshot_date
        from (select distinct universe_id, session_date from company_days {wanted}) as days
        asof join (select distinct universe_id, snapshot_date from lists) as held
            on held.universe_id = days.universe_id and held.snapshot_date <= days.session_date
    ),
    members as (
        select * from company_days join day_lists using (universe_id, session_date) join lists using (universe_id, symbol, snapshot_date)
    )"""


def _average(name: str, length: int, alpha: float) -> str:
    """An exponential average of `value` in `moving`, seeded with the mean of its first values, as a table (session_date, n, value)."""
    return f"""
    {name} as (
        select n, session_date, value from moving where n = 1
        union all
        select m.n, m.session_date, case when m.n < {length} then a.value + m.value when m.n = {length} then (a.value + m.value) / {length}
            else a.value + {alpha} * (m.value - a.value) end
        from {name} as a join moving as m on m.n = a.n + 1
    )"""


def _moving(value: str) -> str:
    return (
        f", moving as materialized (select session_date, {value} as value, row_number() over (order by session_date) as n "
        "from days where advances + declines > 0)"
    )


MART = "from marts.fct_breadth_daily where universe_id = 'R2000'"
BOTH = ("R1000", "R2000")
SHARE_50 = "cast(100.0 * above_50 / nullif(eligible_50, 0) as decimal(18, 4))"
SHARE_200 = "cast(100.0 * above_200 / nullif(eligible_200, 0) as decimal(18, 4))"
ABOVE_50 = "count(is_above_50) as eligible_50, count(*) filter (where is_above_50) as above_50"
ABOVE_200 = "count(is_above_200) as eligible_200, count(*) filter (where is_above_200) as above_200"
RECORD = "cast(100.0 * highs / nullif(highs + lows, 0) as decimal(18, 4))"

QUESTIONS = (
    Question(
        "the last session of both universes",
        f"select universe_id, advances, declines, pct_above_sma_50, pct_above_sma_200 from marts.fct_breadth_daily where session_date = date '{LAST}' order by 1",
        f"{ADVANCES}, {ABOVE_50}, {ABOVE_200}",
        ("is_above_50", "is_above_200"),
        f"select universe_id, advances, declines, {SHARE_50}, {SHARE_200} from days order by 1",
        since=LAST,
        universes=BOTH,
    ),
    Question(
        "the line of advances less declines, a year",
        f"select session_date, advance_decline_line {MART} and session_date > date '{YEAR}' order by 1",
        ADVANCES,
        (),
        "select * from (select session_date, sum(advances - declines) over (order by session_date) from days) "
        f"where session_date > date '{YEAR}' order by 1",
    ),
    Question(
        "McClellan's oscillator and summation, a year",
        f"select session_date, mcclellan_oscillator, mcclellan_summation {MART} and session_date > date '{YEAR}' order by 1",
        ADVANCES,
        (),
        f"""{_moving("1000.0 * (advances - declines) / (advances + declines)")}, {_average("fast", 19, 0.10)}, {_average("slow", 39, 0.05)},
        told as (select session_date, n, fast.value - slow.value as oscillator from fast join slow using (n, session_date) where n >= 39)
        select session_date, cast(oscillator as decimal(18, 4)), cast(summation as decimal(18, 4))
        from (select *, sum(oscillator) over (order by n) as summation from told) where session_date > date '{YEAR}' order by 1""",
    ),
    Question(
        "the share above the 200-day average at the end of each month",
        "select universe_id, max(session_date), arg_max(pct_above_sma_200, session_date) from marts.fct_breadth_daily "
        "group by universe_id, date_trunc('month', session_date) order by 1, 2",
        ABOVE_200,
        ("is_above_200",),
        f"select universe_id, max(session_date), arg_max({SHARE_200}, session_date) from days group by universe_id, date_trunc('month', session_date) order by 1, 2",
        universes=BOTH,
    ),
    Question(
        "new highs and lows, a quarter",
        f"select session_date, new_highs_252d, new_lows_252d {MART} and session_date > date '{QUARTER}' order by 1",
        HIGHS,
        ("is_high", "is_low"),
        "select session_date, case when eligible > 0 then highs end, case when eligible > 0 then lows end from days "
        f"where session_date > date '{QUARTER}' order by 1",
        since=QUARTER,
    ),
    Question(
        "every Zweig thrust",
        f"select session_date, zweig_ema_10 {MART} and is_zweig_thrust order by 1",
        ADVANCES,
        (),
        f"""{_moving("advances / (advances + declines)")}, {_average("ten", 10, 2 / 11)},
        rounded as (select n, session_date, cast(value as decimal(18, 6)) as value from ten where n >= 10)
        select session_date, value from (
            select *, lag(value) over (order by n) as before, min(value) over before as lowest, count(*) over before as before_n
            from rounded window before as (order by n rows between 10 preceding and 1 preceding))
        where before_n = 10 and value > 0.615 and before <= 0.615 and lowest < 0.40 order by 1""",
    ),
    Question(
        "the ten most one-sided sessions",
        f"select session_date, rana {MART} and rana is not null order by abs(rana) desc, session_date limit 10",
        ADVANCES,
        (),
        "select session_date, cast(1000.0 * (advances - declines) / (advances + declines) as decimal(18, 4)) as rana from days "
        "where advances + declines > 0 order by abs(rana) desc, session_date limit 10",
    ),
    Question(
        "the mean member against the heavy ones, by year",
        f"select year(session_date), sum(equal_minus_cap_pp) {MART} group by all order by 1",
        "100 * avg(close / previous_close - 1) as equal, "
        "100 * sum(weight_pct * previous_close / anchor_close * (close / previous_close - 1)) / sum(weight_pct * previous_close / anchor_close) as cap",
        (),
        "select year(session_date), sum(cast(equal as decimal(18, 4)) - cast(cap as decimal(18, 4))) from days group by all order by 1",
        is_weighted=True,
    ),
    Question(
        "the high-low index, a quarter",
        f"select session_date, record_high_pct, high_low_index {MART} and session_date > date '{QUARTER}' order by 1",
        HIGHS,
        ("is_high", "is_low"),
        f"""select session_date, {RECORD}, case when highs + lows > 0 then cast(told as decimal(18, 4)) end from (
            select *, avg(100.0 * highs / nullif(highs + lows, 0)) over (partition by highs + lows > 0 order by session_date rows 9 preceding) as told from days)
        where session_date > date '{QUARTER}' order by 1""",
        since=LAST - timedelta(days=365),
    ),
    Question(
        "sessions by year with less than a fifth above the 50-day average",
        "select universe_id, year(session_date), count(*) from marts.fct_breadth_daily where pct_above_sma_50 < 20 group by all order by 1, 2",
        ABOVE_50,
        ("is_above_50",),
        f"select universe_id, year(session_date), count(*) from days where {SHARE_50} < 20 group by all order by 1, 2",
        universes=BOTH,
    ),
)
