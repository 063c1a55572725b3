-- Both are rounded to four decimals, so a step may be off by as much.
select *
from (
    select session_date, universe_id, mcclellan_oscillator,
        mcclellan_summation - lag(mcclellan_summation) over (partition by universe_id order by session_date) as step
    from {{ ref('fct_breadth_daily') }}
    where mcclellan_oscillator is not null
)
where abs(step - mcclellan_oscillator) > 0.0002
