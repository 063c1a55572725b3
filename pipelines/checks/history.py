"""How far apart two series may be on a session, from how far apart they have been before. Not for what is compared.

A limit in points is wrong on a wild day and blind on a calm one: IWM and its index were 2.92 points apart on 2020-03-19, while the median
of 6,444 sessions is 0.07. So a gap is told in swings, the mean absolute move of the reference over the month before, and its limit is
twice the worst in the ten years before, of the same pair.
"""

MARGIN = 2
SESSIONS = 2520
FEWEST_SESSIONS = 250
SWING_SESSIONS = 21
# In swings, for a pair with a shorter history: twice the worst of the recorded sessions (IWM, 2.27 on 2002-06-28).
SHORT_HISTORY = 4.6
THRESHOLD = (
    f"{MARGIN} times the worst gap of the same pair in the {SESSIONS:,} sessions before, in swings (the mean absolute move of the reference over the "
    f"{SWING_SESSIONS} sessions before); with fewer than {FEWEST_SESSIONS} sessions of history {SHORT_HISTORY} swings. Every session since the last run that "
    "passed gate 3 is judged, by those before it; what this check named once is no history."
)
NEWEST = "(select session_date from work.raw.clock_day)"
# The day up to which a gate 3 that let pass has looked; before the first, and for an earlier day once more: the day before the newest session.
LOOKED_UNTIL = (
    f"(select least({NEWEST} - 1, coalesce(max(as_of_date), {NEWEST} - 1)) from work.quality.check_results where gate = 'gate 3' "
    "and run_id not in (select run_id from work.quality.blocked_runs where run_id is not null))"
)


def to_judge(day: str = "session_date") -> str:
    """SQL: the session was looked at by no gate 3 that let pass. A bar that closed the gate is judged again, until it is gone or accepted."""
    return f"({day} > {LOOKED_UNTIL} and {day} <= {NEWEST})"


def beyond_history(check: str, pairs: str) -> str:
    """SQL of the pairs that are further apart on a session to be judged than their history lets expect, with gap, limit and the history's size.

    `pairs` is SQL with the columns pair, session_date, reference_pct (what the swing is of), gap, and any others; `check` is the name of the
    check that asks: sessions it named before, accepted or not, do not widen its limit.
    """
    return f"""
        with pairs as ({pairs}),
        named as (
            select cast(one ->> 'session_date' as date) as session_date
            from (select unnest(from_json(sample, '["json"]')) as one from work.quality.check_results where check_name = '{check}' and not passed and sample <> '')),
        swings as (
            select *, avg(abs(reference_pct)) over (partition by pair order by session_date rows between {SWING_SESSIONS} preceding and 1 preceding) as swing
            from pairs),
        measured as (
            select *, case when session_date <= {LOOKED_UNTIL} and session_date not in (select session_date from named) then gap / nullif(swing, 0) end as in_swings
            from swings),
        judged as (
            select *, max(in_swings) over before as worst, count(in_swings) over before as history_n
            from measured
            window before as (partition by pair order by session_date rows between {SESSIONS} preceding and 1 preceding))
        select * exclude (in_swings, worst), swing * case when history_n >= {FEWEST_SESSIONS} then {MARGIN} * worst else {SHORT_HISTORY} end as limit_of_gap
        from judged
        where {to_judge()} and gap > limit_of_gap"""
