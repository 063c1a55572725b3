"""Technicals: trend with the levels spoken of, RSI, indices side by side. Not for how pictures look (drawing.py)."""

from pipelines.report.page.drawing import LARGE, MUTED, SMALL, THIRD, Picture, across, lines
from pipelines.report.page.market import SIZES
from pipelines.report.page.panel import Column, Panel, Section
from pipelines.report.page.row import Rows


def _trend(rows: Rows, beside: dict[str, Rows]) -> Picture:
    stated = [across(float(r["comparable_level"])) for r in beside["levels"]]
    series = {"close": ("close", SMALL), "sma_50": ("50-day average", THIRD), "sma_200": ("200-day average", MUTED)}
    return lines(rows, "session_date", series, "index points", "%b %Y", under=stated)


TREND = Panel(
    key="trend",
    tall=300,
    title="Russell 2000, its averages and the levels spoken of",
    window="each session of the past year",
    sql="""
select session_date, close, sma_50, sma_200, rsi_14, gap_to_high_pct, volume_ratio_63d
from marts.fct_technicals_daily
where instrument_id = 'R2000' and session_date <= date '{day}' and session_date >= date '{day}' - interval 1 year
order by session_date
""",
    beside=(
        (
            "levels",
            """
select level, comparable_level, state
from marts.fct_levels_daily
where instrument_id = 'R2000' and session_date <= date '{day}'
qualify session_date = max(session_date) over ()
order by level
""",
        ),
    ),
    columns=(
        Column("session_date", "session"),
        Column("close", "close", ",.2f"),
        Column("sma_50", "50-day average", ",.2f"),
        Column("sma_200", "200-day average", ",.2f"),
        Column("rsi_14", "RSI 14", ".1f"),
        Column("gap_to_high_pct", "to the 52-week high", "+.2f", "%"),
        Column("volume_ratio_63d", "volume / 63-day mean", ".2f"),
    ),
    metrics=("sma_50", "sma_200", "level_state"),
    legend=(("close", "small"), ("50-day average", "third"), ("200-day average", "muted"), ("- - stated level", "muted")),
    draw=_trend,
    is_wide=True,
)

RSI = Panel(
    key="rsi",
    title="RSI, small and large",
    window="each session of the past year",
    sql="""
select
    session_date, max(rsi_14) filter (instrument_id = 'R2000') as small, max(rsi_14) filter (instrument_id = 'SP500') as large
from marts.fct_technicals_daily
where instrument_id in ('R2000', 'SP500') and session_date <= date '{day}' and session_date >= date '{day}' - interval 1 year
group by session_date
order by session_date
""",
    columns=(Column("session_date", "session"), Column("small", "Russell 2000", ".1f"), Column("large", "S&P 500", ".1f")),
    metrics=("rsi_14",),
    reading="Above 70 is called overbought, below 30 oversold.",
    legend=SIZES,
    draw=lambda rows, _: lines(
        rows,
        "session_date",
        {"small": ("Russell 2000", SMALL), "large": ("S&P 500", LARGE)},
        "RSI 14",
        "%b %Y",
        under=[across(70), across(30)],
        number=".1f",
    ),
)

LEVELS = Panel(
    key="levels",
    title="Levels",
    window="the newest session",
    sql="""
select instrument_id, level, close, round(100 * (close / comparable_level - 1), 4)::decimal(18, 4) as gap_pct, state, sessions_held, broke_on, broke_on_reason,
    is_volume_confirmed, is_volume_confirmed_reason
from marts.fct_levels_daily
where session_date <= date '{day}'
qualify session_date = max(session_date) over ()
order by instrument_id, level desc
""",
    columns=(
        Column("instrument_id", "index"),
        Column("level", "level", ",.0f"),
        Column("close", "close", ",.2f"),
        Column("gap_pct", "close to level", "+.2f", "%", sign=True),
        Column("state", "state"),
        Column("sessions_held", "closes in a row above", "d"),
        Column("broke_on", "last break", reason="broke_on_reason"),
        Column("is_volume_confirmed", "on volume", reason="is_volume_confirmed_reason"),
    ),
    metrics=("level_state", "level_volume_confirmed"),
)

NOW = Panel(
    key="technicals_now",
    title="Technicals side by side",
    window="the newest session",
    sql="""
select instrument_id, close, sma_50, sma_50_reason, sma_200, sma_200_reason, slope_sma_200_20d_pct, slope_sma_200_reason, rsi_14, rsi_14_reason,
    gap_to_high_pct, high_252d_reason, is_record_high, record_high_since, volume_ratio_63d, volume_ratio_reason
from marts.fct_technicals_daily
where instrument_id in ('R2000', 'SP500', 'SP600', 'R1000', 'NASDAQ_COMP', 'IWM', 'SPY') and session_date <= date '{day}'
qualify session_date = max(session_date) over ()
order by list_position(['R2000', 'SP600', 'IWM', 'SP500', 'R1000', 'NASDAQ_COMP', 'SPY'], instrument_id)
""",
    columns=(
        Column("instrument_id", "index or fund"),
        Column("close", "close", ",.2f"),
        Column("sma_50", "50-day average", ",.2f", reason="sma_50_reason"),
        Column("sma_200", "200-day average", ",.2f", reason="sma_200_reason"),
        Column("slope_sma_200_20d_pct", "its slope over 20 d", "+.2f", "%", "slope_sma_200_reason"),
        Column("rsi_14", "RSI 14", ".1f", reason="rsi_14_reason"),
        Column("gap_to_high_pct", "to the 52-week high", "+.2f", "%", "high_252d_reason"),
        Column("is_record_high", "record"),
        Column("volume_ratio_63d", "volume / 63-day mean", ".2f", reason="volume_ratio_reason"),
    ),
    metrics=("rsi_14", "gap_to_high", "volume_ratio"),
    is_wide=True,
)

SECTION = Section("technicals", "Technicals, with levels", "Technicals", (TREND, RSI, LEVELS, NOW))
