-- The score at each month's end, and what small returned against large afterwards: from the close of the next session, the first that a
-- reader of the score could trade at. Only whole windows: a session on or after the last day of the window must have been held.
-- A component's score is a percentile, so its fifths are those of 0 to 100. The total keeps to the middle: its fifths are of its percentile.
with
levels as (
    select session_date, small_level, large_level, lead(session_date) over (order by session_date) as next_date
    from {{ ref('int_pair_levels_daily') }}
    where small_id = 'R2000' and large_id = 'SP500'
),

-- A month's last session is one whose next session lies in another month.
month_ends as (
    select levels.session_date, base.session_date as base_date, base.small_level, base.large_level
    from levels
    join levels as base on base.session_date = levels.next_date
    where date_trunc('month', levels.session_date) <> date_trunc('month', levels.next_date)
),

windows as (
    select
        month_ends.session_date,
        month_ends.base_date,
        horizons.horizon,
        horizons.months,
        ends.session_date as end_date,
        100 * (ends.small_level / month_ends.small_level - ends.large_level / month_ends.large_level) as excess_pp
    from month_ends
    cross join (values ('1m', 1), ('3m', 3), ('12m', 12)) as horizons (horizon, months)
    asof join levels as ends on ends.session_date <= cast(month_ends.base_date + to_months(horizons.months) as date)
    where cast(month_ends.base_date + to_months(horizons.months) as date) <= (select max(session_date) from levels)
)

select
    scores.component,
    windows.horizon,
    cast(windows.months as integer) as horizon_months,
    scores.session_date,
    windows.base_date,
    windows.end_date,
    scores.score,
    cast(least(5, floor((case when scores.component = 'total' then scores.percentile else scores.score end) / 20) + 1) as integer) as quintile,
    cast(windows.excess_pp as decimal(18, 4)) as excess_pp,
    cast(row_number() over (partition by scores.component, windows.horizon order by scores.session_date) as integer) as month_no,
    scores.provenance
from windows
join {{ ref('fct_scorecard_daily') }} as scores using (session_date)
where scores.score is not null
    and (scores.component <> 'total' or scores.session_date - scores.window_start >= 365.25 * {{ var('evidence_total_min_years') }})
order by component, horizon, month_no
