-- The count of shares known at each month end: the best way of counting first, then the newest day. No count older than the limit.
with
clock as (
    select as_of_date from {{ ref('stg_clock__day') }}
),

by_month as (
    select
        last_day(unnest(generate_series(
            date_trunc('month', counts.known_on), least(counts.shares_date + {{ var('fundamentals_stale_days') }}, clock.as_of_date), interval 1 month
        ))) as month_end,
        counts.*,
        clock.as_of_date
    from {{ ref('int_company_shares') }} as counts
    cross join clock
)

select month_end, cik, shares_date, shares, classes_n, shares_method, known_on, provenance
from by_month
where month_end >= known_on and month_end <= shares_date + {{ var('fundamentals_stale_days') }} and month_end <= as_of_date
qualify row_number() over (partition by month_end, cik order by method_no, shares_date desc, known_on desc, accession desc) = 1
