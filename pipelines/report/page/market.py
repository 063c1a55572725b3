"""Performance and breadth. Not for how pictures look (drawing.py)."""

from pipelines.report.page.drawing import LARGE, SMALL, THIRD, bars, lines
from pipelines.report.page.panel import Column, Panel, Section

HORIZONS = ("1d", "5d", "1m", "3m", "6m", "ytd", "1y", "3y", "5y", "10y", "15y")
SIZES = (("Russell 2000", "small"), ("S&P 500", "large"))

GROWTH = Panel(
    key="growth",
    is_wide=True,
    title="A year of both",
    window="each session of the past year; 100 on the first",
    sql="""
with closes as (
    select session_date, instrument_id, close
    from marts.fct_technicals_daily
    where instrument_id in ('R2000', 'SP500') and session_date <= date '{day}' and session_date >= date '{day}' - interval 1 year
)
select
    session_date,
    max(round(100 * close / first, 4)::decimal(18, 4)) filter (instrument_id = 'R2000') as small,
    max(round(100 * close / first, 4)::decimal(18, 4)) filter (instrument_id = 'SP500') as large
from (select *, first_value(close) over (partition by instrument_id order by session_date) as first from closes)
group by session_date
order by session_date
""",
    columns=(Column("session_date", "session"), Column("small", "Russell 2000", ".2f"), Column("large", "S&P 500", ".2f")),
    metrics=("technicals_close",),
    legend=SIZES,
    draw=lambda rows, _: lines(
        rows, "session_date", {"small": ("Russell 2000", SMALL), "large": ("S&P 500", LARGE)}, "first session = 100", "%b %Y"
    ),
)

PAIRS = Panel(
    key="pairs",
    bars="pair",
    title="Small minus large, by pair",
    window="the newest session",
    sql="""
select small_id || ' – ' || large_id as pair, horizon, small_return_pct, large_return_pct, excess_pp, excess_reason, price_basis, base_date
from marts.fct_relative_performance_daily
where session_date <= date '{day}'
qualify session_date = max(session_date) over ()
order by base_date desc, horizon, excess_pp desc
""",
    columns=(
        Column("pair", "pair"),
        Column("horizon", "horizon"),
        Column("small_return_pct", "small", "+.2f", "%"),
        Column("large_return_pct", "large", "+.2f", "%"),
        Column("excess_pp", "difference", "+.2f", "pp", "excess_reason", sign=True),
        Column("price_basis", "basis"),
        Column("base_date", "from the close of"),
    ),
    metrics=("excess_return",),
    reading="The answer should not hang on one pair of indices.",
    draw=lambda rows, _: bars(rows, "pair", "excess_pp", "percentage points", (("price_basis", "basis", ""),), horizon=True),
)

SECTORS = Panel(
    key="sectors",
    bars="sector",
    title="Sectors of the S&P 500, by their funds",
    window="the newest session",
    sql="""
select sector, horizon, return_pct, return_reason, rank, sectors_up_n, sectors_n, instrument_id
from marts.fct_sector_performance_daily
where session_date <= date '{day}'
qualify session_date = max(session_date) over ()
order by base_date desc, horizon, rank, sector
""",
    columns=(
        Column("sector", "sector"),
        Column("horizon", "horizon"),
        Column("return_pct", "return", "+.2f", "%", "return_reason"),
        Column("rank", "rank", "d"),
        Column("instrument_id", "fund"),
    ),
    metrics=("sector_return",),
    draw=lambda rows, _: bars(rows, "sector", "return_pct", "percent", (("instrument_id", "fund", ""),), horizon=True, is_of_sides=False),
)

PERFORMANCE = Section("performance", "Performance", "Performance", (GROWTH, PAIRS, SECTORS), horizons=HORIZONS)

PARTICIPATION = Panel(
    key="participation",
    is_wide=True,
    title="Members above their 200-day average",
    window="the last session of each week, five years",
    sql="""
select
    session_date,
    max(pct_above_sma_200) filter (universe_id = 'R2000') as small, max(pct_above_sma_200) filter (universe_id = 'SP500') as large,
    max(membership_basis) filter (universe_id = 'R2000') as small_basis, max(membership_basis) filter (universe_id = 'SP500') as large_basis
from marts.fct_breadth_daily
where session_date <= date '{day}' and session_date > date '{day}' - interval 5 years
group by session_date
qualify row_number() over (partition by date_trunc('week', session_date) order by session_date desc) = 1
order by session_date
""",
    columns=(
        Column("session_date", "session"),
        Column("small", "Russell 2000", ".1f", "%"),
        Column("large", "S&P 500", ".1f", "%"),
        Column("small_basis", "members of R2000 by"),
        Column("large_basis", "of SP500 by"),
    ),
    metrics=("pct_above_sma_200",),
    empty="No bars of the members are held: breadth needs them (docs/method/breadth.md).",
    legend=SIZES,
    draw=lambda rows, _: lines(
        rows, "session_date", {"small": ("Russell 2000", SMALL), "large": ("S&P 500", LARGE)}, "percent of members", "%b %Y", number=".1f"
    ),
)

FUNDS = Panel(
    key="breadth_funds",
    title="Breadth by funds, without lists of members",
    window="the last session of each week, five years",
    sql="""
select
    session_date,
    max(ratio) filter (measure = 'small_against_large') as small_against_large, max(ratio) filter (measure = 'equal_against_cap') as equal_against_cap
from marts.fct_breadth_funds_daily
where session_date <= date '{day}' and session_date > date '{day}' - interval 5 years
group by session_date
qualify row_number() over (partition by date_trunc('week', session_date) order by session_date desc) = 1
order by session_date
""",
    columns=(
        Column("session_date", "session"),
        Column("small_against_large", "IWM / SPY", ".2f"),
        Column("equal_against_cap", "RSP / SPY", ".2f"),
    ),
    metrics=("breadth_fund_ratio",),
    reading="RSP holds the S&P 500 with equal weights: rising, the many do better than the few.",
    legend=(("IWM / SPY: small against large", "small"), ("RSP / SPY: equal against cap weight", "third")),
    draw=lambda rows, _: lines(
        rows,
        "session_date",
        {"small_against_large": ("IWM / SPY", SMALL), "equal_against_cap": ("RSP / SPY", THIRD)},
        "first common session = 100",
    ),
)

SIDE_BY_SIDE = Panel(
    key="breadth_now",
    title="Breadth, small and large side by side",
    window="the newest session",
    sql="""
with newest as (
    select * from marts.fct_breadth_daily
    where session_date <= date '{day}' and universe_id in ('R2000', 'SP500')
    qualify session_date = max(session_date) over ()
),
measures as (
    unpivot (
        select
            universe_id, members_n::decimal(18, 4) as members, priced_n::decimal(18, 4) as with_a_price, advances::decimal(18, 4) as advances,
            declines::decimal(18, 4) as declines, pct_above_sma_50 as above_50_day_average_percent, pct_above_sma_200 as above_200_day_average_percent,
            new_highs_252d::decimal(18, 4) as new_52_week_highs, new_lows_252d::decimal(18, 4) as new_52_week_lows,
            mcclellan_oscillator as mcclellan_oscillator, mcclellan_summation as mcclellan_summation,
            equal_weight_return_pct as equal_weight_return_percent, cap_weight_return_pct as cap_weight_return_percent
        from newest
    ) on columns(* exclude (universe_id)) into name measure value value
)
select
    replace(replace(measure, '_', ' '), ' percent', ', %') || if(measure like 'mcclellan%', ', per thousand of those that moved', '') as measure,
    max(value) filter (universe_id = 'R2000') as small, max(value) filter (universe_id = 'SP500') as large
from measures
group by measure
order by list_position([
    'members', 'with_a_price', 'advances', 'declines', 'above_50_day_average_percent', 'above_200_day_average_percent', 'new_52_week_highs',
    'new_52_week_lows', 'mcclellan_oscillator', 'mcclellan_summation', 'equal_weight_return_percent', 'cap_weight_return_percent'
], measures.measure)
""",
    columns=(Column("measure", "measure"), Column("small", "Russell 2000", ",.6g"), Column("large", "S&P 500", ",.6g")),
    metrics=("pct_above_sma_50", "mcclellan_oscillator"),
    empty="No bars of the members are held: breadth needs them (docs/method/breadth.md).",
)

BREADTH = Section("breadth", "Breadth, small and large side by side", "Breadth", (PARTICIPATION, SIDE_BY_SIDE, FUNDS))
