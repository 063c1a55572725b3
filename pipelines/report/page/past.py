"""The long record: size premium through the vintages, cycles of leadership, what followed events. Not for how pictures look (drawing.py)."""

from pipelines.report.page.drawing import SMALL, across, bars, lines
from pipelines.report.page.panel import Column, Panel, Section

PREMIUM = Panel(
    key="premium",
    bars="name",
    title="Size premium by definition and vintage",
    window="whole record of each file, January 1927 to its last whole year",
    sql="""
select
    definition, vintage, is_newest_vintage, start_year, end_year, premium_pct, premium_reason, t_stat, t_stat_reason, n_years,
    replace(definition, '_', ' ') || ', ' || vintage as name
from marts.fct_size_premium
where span = 'full' and averaging = 'arithmetic' and excludes = 'none'
qualify end_year = max(end_year) over (partition by definition, vintage)
order by vintage desc, premium_pct desc
""",
    columns=(
        Column("definition", "definition"),
        Column("vintage", "file of"),
        Column("start_year", "from", spare=True),
        Column("end_year", "to"),
        Column("premium_pct", "premium a year", "+.2f", "%", "premium_reason", sign=True),
        Column("t_stat", "t", "+.2f", reason="t_stat_reason"),
        Column("n_years", "years", "d"),
    ),
    metrics=("size_premium", "size_premium_t_stat"),
    reading="The same years told by another file, or another weighting, give another premium: quote it with both.",
    empty="No file of Kenneth French's library is held.",
    draw=lambda rows, _: bars(
        rows,
        "name",
        "premium_pct",
        "percent a year, arithmetic mean",
        (("t_stat", "t", "+.2f"), ("n_years", "years", "d")),
        label="+.2f",
    ),
)

SPANS = Panel(
    key="premium_spans",
    title="Size premium by span, with months and years left out",
    window="newest file, to its last whole year; geometric means",
    sql="""
select
    definition, span, min(start_year) as start_year, max(end_year) as end_year,
    max(premium_pct) filter (excludes = 'none') as premium_pct, max(t_stat) filter (excludes = 'none') as t_stat,
    max(premium_pct) filter (excludes = 'ex_january') as without_january_pct, max(premium_pct) filter (excludes = 'ex_1975_1983') as without_1975_1983_pct
from (
    select * from marts.fct_size_premium
    where is_newest_vintage and averaging = 'geometric' and definition in ('smb', 'lo30_hi30_value')
    qualify end_year = max(end_year) over (partition by definition)
)
group by definition, span
order by definition, max(n_years)
""",
    columns=(
        Column("definition", "definition"),
        Column("span", "span"),
        Column("start_year", "from", spare=True),
        Column("premium_pct", "premium a year", "+.2f", "%", sign=True),
        Column("t_stat", "t", "+.2f"),
        Column("without_january_pct", "without January", "+.2f", "%", sign=True),
        Column("without_1975_1983_pct", "without 1975–83", "+.2f", "%", sign=True),
    ),
    metrics=("size_premium", "size_premium_t_stat"),
    empty="No file of Kenneth French's library is held.",
)

ROLLING = Panel(
    key="rolling",
    title="Ten years of small against large, rolled",
    window="windows of 120 months ending each June and December, newest file",
    sql="""
select window_end, window_start, premium_pct, small_pct, large_pct, legs_reason, small_won, vintage
from marts.fct_size_premium_windows
where definition = 'lo30_hi30_value' and window_months = 120 and month(window_end) in (6, 12) and window_end <= date '{day}' and known_on <= date '{day}'
qualify vintage = max(vintage) over ()
order by window_end
""",
    columns=(
        Column("window_end", "to"),
        Column("window_start", "from", spare=True),
        Column("small_pct", "small", "+.1f", "%", "legs_reason"),
        Column("large_pct", "large", "+.1f", "%", "legs_reason"),
        Column("premium_pct", "premium over it", "+.1f", "%", sign=True),
        Column("small_won", "small won"),
    ),
    metrics=("size_window_premium",),
    empty="No file of Kenneth French's library is held.",
    draw=lambda rows, _: lines(
        rows, "window_end", {"premium_pct": ("premium over ten years", SMALL)}, "percent over ten years", under=[across(0)]
    ),
)

WINS = Panel(
    key="wins",
    title="How often small won ten years",
    window="all windows of the newest file",
    sql="""
select definition, vintage, win_rate_pct, wins_n, windows_n, independent_n, first_window_start, last_window_end
from marts.fct_size_premium_win_rate
where is_newest_vintage and is_whole_file and window_months = 120
order by definition
""",
    columns=(
        Column("definition", "definition"),
        Column("win_rate_pct", "small won", ".1f", "%"),
        Column("wins_n", "windows won", ",d"),
        Column("windows_n", "of", ",d"),
        Column("independent_n", "side by side", ".1f"),
        Column("last_window_end", "to", spare=True),
    ),
    metrics=("size_premium_win_rate", "size_premium_independent_windows"),
    reading="Windows overlap: of a thousand, ten lie side by side.",
    empty="No file of Kenneth French's library is held.",
)

CYCLES = Panel(
    key="cycle_table",
    is_wide=True,
    title="Cycles of leadership",
    window="whole record of the newest file",
    sql="""
select cycle_no, leader, start_date, end_date, end_date_reason, months, small_pct, large_pct, excess_pp, leader_gain_pct, confirmed_on, definition, vintage
from marts.fct_leadership_cycles
order by cycle_no desc
""",
    columns=(
        Column("leader", "led"),
        Column("start_date", "from"),
        Column("end_date", "to", reason="end_date_reason"),
        Column("months", "months", "d"),
        Column("small_pct", "small", "+,.0f", "%"),
        Column("large_pct", "large", "+,.0f", "%"),
        Column("leader_gain_pct", "leader gained on the other", "+,.0f", "%"),
        Column("confirmed_on", "known since"),
    ),
    metrics=("leadership_gain", "leadership_months"),
    reading="A cycle is known only after the turn: see the last column.",
    empty="No file of Kenneth French's library is held.",
)

EVENTS = Panel(
    key="events",
    is_wide=True,
    title="Small minus large after events",
    window="mean over all events held, 5 and 60 sessions on",
    sql="""
select kind, horizon_sessions, mean_excess_pp, median_excess_pp, excess_reason, standard_error, standard_error_reason, events_n, overlapping_n,
    next_event_date, next_event_reason
from marts.fct_event_study
where small_id = 'R2000' and large_id = 'SP500' and horizon_sessions in (5, 60)
order by kind, horizon_sessions
""",
    columns=(
        Column("kind", "event"),
        Column("horizon_sessions", "sessions on", "d"),
        Column("mean_excess_pp", "mean", "+.2f", "pp", "excess_reason", sign=True),
        Column("standard_error", "± standard error", ".2f", "pp", "standard_error_reason"),
        Column("events_n", "events", ",d"),
        Column("overlapping_n", "overlapping", ",d"),
        Column("next_event_date", "next", reason="next_event_reason"),
    ),
    metrics=("event_mean_excess",),
)

SECTION = Section(
    "past", "The long record: size premium through the vintages, and cycles", "Long record", (ROLLING, PREMIUM, SPANS, WINS, CYCLES, EVENTS)
)
