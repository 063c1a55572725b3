-- FRED observations, one row a series, day and version. Where ALFRED was asked, its vintages stand in place of what was pulled before:
-- a pull knows since when we have a value, a vintage since when it was out. What was pulled after the last vintage counts again.
with
vintages as (
    select series_id, observation_date, value, known_on, pulled_at, provenance
    from {{ source('raw', 'fred_vintages') }}
),

asked as (
    select series_id, observation_date, max(pulled_at) as last_asked_at
    from vintages
    group by series_id, observation_date
)

select series_id as symbol, observation_date, value, known_on, pulled_at, provenance
from vintages

union all

select pulls.series_id, pulls.observation_date, pulls.value, pulls.known_on, pulls.pulled_at, pulls.provenance
from {{ source('raw', 'fred_observations') }} as pulls
left join asked using (series_id, observation_date)
where asked.last_asked_at is null or pulls.pulled_at > asked.last_asked_at
