select snapshot_date, cik, ticker, name, exchange, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'sec_companies') }}
