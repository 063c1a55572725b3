select
    collection, symbol, session_date, open, high, low, close, volume, price_basis as close_basis,
    rowid as raw_no, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'drop_bars') }}
