select
    list_id, symbol, captured_on, name, price, target_mean, target_high, target_low, analysts_n, target_date,
    is_first, known_on, pulled_at, provenance
from {{ source('raw', 'drop_targets') }}
