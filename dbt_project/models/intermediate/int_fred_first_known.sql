-- FRED observations as they were first known. For what looks back over history as it was seen then: an index that is estimated anew
-- every week (NFCI, STLFSI4) would otherwise rewrite its own past.
select
    series.series_id,
    series.unit,
    series.frequency,
    observations.observation_date,
    observations.value,
    observations.known_on,
    observations.provenance
from {{ ref('int_fred_versions') }} as observations
join {{ ref('series_catalog') }} as series on series.provider = 'fred' and series.symbol = observations.symbol
join {{ ref('stg_clock__day') }} as clock on observations.known_on <= clock.as_of_date and observations.observation_date <= clock.as_of_date
qualify row_number() over (
    partition by series.series_id, observations.observation_date order by observations.known_on, observations.pulled_at
) = 1
order by series_id, observation_date
