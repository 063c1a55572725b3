select
    universe_id, snapshot_date, symbol, name, sector, weight_pct, shares as shares_millions,
    rowid as raw_no, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'drop_constituents') }}
