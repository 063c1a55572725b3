-- From one session to the next the line moves by advances minus declines.
select *
from (
    select session_date, universe_id, advances, declines,
        advance_decline_line - lag(advance_decline_line, 1, 0) over (partition by universe_id order by session_date) as step
    from {{ ref('fct_breadth_daily') }}
)
where step <> advances - declines
