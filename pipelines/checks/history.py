"""How far apart two series may be on the newest session, from how far apart they have been before. Not for what is compared.

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
    f"{SWING_SESSIONS} sessions before); with fewer than {FEWEST_SESSIONS} sessions of history {SHORT_HISTORY} swings."
)
NEWEST = "(select session_date from work.raw.clock_day)"


def beyond_history(pairs: str) -> str:
    """SQL of the pairs that are further apart on the newest session than their history lets expect, with gap, limit and the history's size.

    `pairs` is SQL with the columns pair, session_date, reference_pct (what the swing is of), gap, and any others.
    """
    return f"""
        with pairs as ({pairs}),
        swings as (
            select *, avg(abs(reference_pct)) over (partition by pair order by session_date rows between {SWING_SESSIONS} preceding and 1 preceding) as swing
            from pairs),
        judged as (
            select *, max(gap / nullif(swing, 0)) over before as worst, count(gap) over before as history_n
            from swings
            window before as (partition by pair order by session_date rows between {SESSIONS} preceding and 1 preceding))
        select * exclude (worst), swing * case when history_n >= {FEWEST_SESSIONS} then {MARGIN} * worst else {SHORT_HISTORY} end as limit_of_gap
        from judged
        where session_date = {NEWEST} and gap > limit_of_gap"""
