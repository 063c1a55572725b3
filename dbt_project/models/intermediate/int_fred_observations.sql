-- FRED observations of catalogue series, newest version known by the as-of day, one row a series and observation day.
select
    series.series_id,
    series.kind,
    series.unit,
    series.frequency,
    observations.observation_date,
    observations.value,
    observations.known_on,
    observations.provenance
from {{ ref('int_fred_versions') }} as observations
join {{ ref('series_catalog') }} as series on series.provider = 'fred' and series.symbol = observations.symbol
join {{ ref('stg_clock__day') }} as clock on observations.observation_date <= clock.as_of_date and observations.known_on <= clock.as_of_date
qualify row_number() over (
    partition by observations.symbol, observations.observation_date order by observations.known_on desc, observations.pulled_at desc
) = 1
order by series_id, observation_date
