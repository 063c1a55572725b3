-- A win rate is the share of the published windows that ended by then and that small won.
select rates.definition, rates.vintage, rates.last_window_end, rates.win_rate_pct, rates.windows_n, count(*) as counted_n
from {{ ref('fct_size_premium_win_rate') }} as rates
join {{ ref('fct_size_premium_windows') }} as windows
    on windows.definition = rates.definition and windows.vintage = rates.vintage
    and windows.window_months = rates.window_months and windows.window_end <= rates.last_window_end
group by all
having rates.windows_n <> count(*) or abs(rates.win_rate_pct - 100.0 * count(*) filter (where small_won) / count(*)) > 0.0001
