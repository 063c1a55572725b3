-- The change over 63 common sessions is that of the ratio published then.
select *
from (
    select session_date, measure, ratio, change_63d_pct, lag(ratio, 63) over (partition by measure order by session_date) as ratio_63_back
    from {{ ref('fct_breadth_funds_daily') }}
    where ratio is not null
)
where abs(change_63d_pct - 100 * (cast(ratio as double) / cast(ratio_63_back as double) - 1)) > 0.0001 or (change_63d_pct is null) <> (ratio_63_back is null)
