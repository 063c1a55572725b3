select snapshot_date, cik, ticker, name, known_on, pulled_at, provenance
from {{ source('raw', 'sec_companies') }}
