-- Of two counted windows of a kind, pair and horizon, the later begins at the close where the earlier one ended, or after it.
select *
from (
    select
        *,
        event_no + least(horizon_sessions, -1) as first_close_no,
        lag(event_no + greatest(horizon_sessions, -1)) over (partition by kind, small_id, large_id, horizon_sessions order by event_no) as earlier_last_close_no
    from {{ ref('int_event_windows') }}
    where is_counted
)
where first_close_no < earlier_last_close_no
