-- Up to the end of every year, and to the last month of the file: what share of the windows that ended by then small won.
with running as (
    select
        definition, vintage, window_months, window_end, known_on, provenance,
        min(window_start) over so_far as first_window_start,
        count(*) over so_far as windows_n,
        count(*) filter (where small_won) over so_far as wins_n,
        window_end = max(window_end) over (partition by definition, vintage, window_months) as is_whole_file
    from {{ ref('fct_size_premium_windows') }}
    window so_far as (partition by definition, vintage, window_months order by window_end)
)

select
    definition,
    vintage,
    vintage = max(vintage) over (partition by definition) as is_newest_vintage,
    window_months,
    first_window_start,
    window_end as last_window_end,
    is_whole_file,
    cast(100.0 * wins_n / windows_n as decimal(18, 4)) as win_rate_pct,
    cast(wins_n as integer) as wins_n,
    cast(windows_n as integer) as windows_n,
    -- Windows stepped monthly share all but a month: only so many lie side by side.
    cast((datediff('month', first_window_start, window_end) + 1) / cast(window_months as double) as decimal(18, 4)) as independent_n,
    running.known_on,
    clock.as_of_date,
    running.provenance
from running
cross join {{ ref('stg_clock__day') }} as clock
where month(window_end) = 12 or is_whole_file
order by definition, vintage, window_months, last_window_end
