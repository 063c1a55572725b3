select series_id as symbol, observation_date, vintage, value, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'fred_vintages') }}
