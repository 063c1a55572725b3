-- The bars of every catalogue series and of instruments dropped in, newest version known, one row a series and session,
-- with the splits known by then and the provider's adjusted close beside them.
with
bars as (
    {% for p in var('bar_providers') %}
    select provider, symbol, session_date, open, high, low, close, volume, is_partial, null as close_basis, known_on, provenance
    from {{ latest_known(ref('stg_' ~ p ~ '__bars'), ['symbol', 'session_date']) }}
    union all
    {% endfor %}
    select 'drop', symbol, session_date, open, high, low, close, volume, false, close_basis, known_on, provenance
    from {{ latest_known('(select * from ' ~ ref('stg_drop__bars') ~ " where collection = 'instruments')", ['symbol', 'session_date']) }}
),

splits as (
    {% for p in var('bar_providers') %}
    select provider, symbol, action_date, value
    from {{ latest_known(ref('stg_' ~ p ~ '__actions'), ['symbol', 'action_date', 'kind']) }}
    where kind = 'split'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

split_factors as (
    select provider, symbol, action_date, product(value) over (partition by provider, symbol order by action_date) as split_factor
    from splits
),

adjusted as (
    {% for p in var('bar_providers') %}
    select provider, symbol, session_date, adjusted_close
    from {{ latest_known(ref('stg_' ~ p ~ '__adjusted_closes'), ['symbol', 'session_date']) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

series as (
    select provider, symbol, series_id, instrument_id, kind, priority
    from {{ ref('series_catalog') }}
    where instrument_id is not null

    union all

    -- What a vendor drops in for an instrument comes last.
    select distinct on (instrument_id) 'drop', instrument_id, 'drop/' || instrument_id, instrument_id, kind, 1000
    from {{ ref('series_catalog') }}
    where instrument_id is not null
)

select
    series.instrument_id,
    series.series_id,
    series.kind,
    series.priority,
    sessions.session_date,
    sessions.session_no,
    bars.open,
    bars.high,
    bars.low,
    bars.close,
    bars.volume,
    bars.is_partial,
    bars.close_basis,
    -- Shares of today's session that one share of the first session has become: grows with time, so no past value moves.
    coalesce(split_factors.split_factor, 1.0) as split_factor,
    adjusted.adjusted_close,
    bars.known_on,
    bars.provenance
from bars
join series using (provider, symbol)
join {{ ref('int_sessions') }} as sessions using (session_date)
left join adjusted using (provider, symbol, session_date)
asof left join split_factors
    on split_factors.provider = bars.provider and split_factors.symbol = bars.symbol and split_factors.action_date <= bars.session_date
order by instrument_id, series_id, session_date
