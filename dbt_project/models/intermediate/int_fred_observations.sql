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
from {{ latest_known(ref('int_fred_versions'), ['symbol', 'observation_date']) }} as observations
join {{ ref('series_catalog') }} as series on series.provider = 'fred' and series.symbol = observations.symbol
join {{ ref('stg_clock__day') }} as clock on observations.observation_date <= clock.as_of_date
order by series_id, observation_date
