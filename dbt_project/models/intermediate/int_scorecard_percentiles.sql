-- Each input of the scorecard among those known before it: the percentile a reader could have computed when it became known.
-- Ties count half, so that the percentile of -x is 100 less that of x.
with
placed as (
    select
        *,
        min(observed_on) over so_far as window_start,
        count(*) over so_far as window_n,
        rank(order by raw_value) over so_far - 1 as below_n,
        rank(order by raw_value desc) over so_far - 1 as above_n,
        min(known_on) over (partition by component, input_series) as series_known_since
    from {{ ref('int_scorecard_inputs') }}
    window so_far as (partition by component, input_series order by known_on, observed_on rows between unbounded preceding and current row)
),

series as (
    select component, input_series, min(known_on) as since
    from placed
    group by all
),

-- The series known longest leads as long as it goes on: a second source of the same thing takes over only when the first has become stale.
superseded as (
    select own.component, own.input_series, own.observed_on, own.known_on
    from (
        select placed.component, placed.input_series, placed.observed_on, placed.known_on, series.input_series as elder
        from placed
        join series on series.component = placed.component and series.since < placed.series_known_since
    ) as own
    asof join placed as elders
        on elders.component = own.component and elders.input_series = own.elder and elders.known_on <= own.known_on
    join {{ ref('scorecard_components') }} as components on components.component = own.component
    where own.observed_on - elders.observed_on <= components.stale_after_days
),

-- An older observation that comes late, and another source's number for the same month, displace nothing.
leading_ones as (
    select *
    from placed
    anti join superseded using (component, input_series, observed_on, known_on)
    qualify observed_on > coalesce(
        max(observed_on) over (
            partition by component order by known_on, observed_on, series_known_since, input_series rows between unbounded preceding and 1 preceding
        ),
        date '0001-01-01'
    )
)

select
    component,
    input_series,
    observed_on,
    known_on,
    raw_value,
    cast(100.0 * (below_n + window_n - above_n) / (2 * window_n) as decimal(18, 4)) as percentile,
    window_start,
    cast(window_n as integer) as window_n,
    (observed_on - window_start) / 365.25 as window_years,
    provenance
from leading_ones
qualify row_number() over (partition by component, known_on order by observed_on desc) = 1
order by component, known_on
