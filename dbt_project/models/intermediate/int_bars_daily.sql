-- The bars of every catalogue series and of instruments dropped in, newest version known, one row a series and session, as traded,
-- with the splits known by then and the provider's adjusted close beside them.
with
series as (
    select provider, symbol, series_id, instrument_id, kind, priority
    from {{ ref('series_catalog') }}
    where instrument_id is not null

    union all

    -- What a vendor drops in for an instrument comes last, unless the catalogue gives it another place.
    select distinct on (instrument_id) 'drop', instrument_id, 'drop/' || instrument_id, instrument_id, kind, 1000
    from {{ ref('series_catalog') }}
    where instrument_id not in (select symbol from {{ ref('series_catalog') }} where provider = 'drop')
),

bars as (
    {% for p in var('bar_providers') %}
    select provider, symbol, session_date, open, high, low, close, volume, is_partial, null as close_basis, known_on, pulled_at, provenance
    from {{ latest_known(ref('stg_' ~ p ~ '__bars'), ['symbol', 'session_date']) }}
    union all
    {% endfor %}
    select 'drop', symbol, session_date, open, high, low, close, volume, false, close_basis, known_on, pulled_at, provenance
    from {{ latest_known('(select * from ' ~ ref('stg_drop__bars') ~ " where collection = 'instruments')", ['symbol', 'session_date']) }}
),

splits as (
    {% for p in var('split_providers') + ['alphavantage'] %}
    select provider, symbol, action_date, value
    from {{ latest_known(ref('stg_' ~ p ~ '__actions'), ['symbol', 'action_date', 'kind']) }}
    where kind = 'split'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A series that brings no splits has those of the first series of its instrument that does.
split_sources as (
    select series.provider, series.symbol, min_by(others, (others.provider <> series.provider, others.priority)) as source
    from series
    join series as others using (instrument_id)
    where (others.provider, others.symbol) in (select (provider, symbol) from splits)
    group by series.provider, series.symbol
),

split_factors as (
    select
        sources.provider,
        sources.symbol,
        splits.action_date,
        product(splits.value) over (partition by sources.provider, sources.symbol order by splits.action_date) as split_factor
    from split_sources as sources
    join splits on splits.provider = sources.source.provider and splits.symbol = sources.source.symbol
),

adjusted as (
    {% for p in var('bar_providers') %}
    select provider, symbol, session_date, adjusted_close
    from {{ latest_known(ref('stg_' ~ p ~ '__adjusted_closes'), ['symbol', 'session_date']) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A dropped close that is split-adjusted is one of the day the file was made: its splits are undone.
factored as (
    select
        bars.*,
        coalesce(split_factors.split_factor, 1.0) as split_factor,
        case when bars.close_basis = 'split_adjusted' then coalesce(at_pull.split_factor / coalesce(split_factors.split_factor, 1.0), 1.0) else 1.0 end as undone
    from bars
    asof left join split_factors
        on split_factors.provider = bars.provider and split_factors.symbol = bars.symbol and split_factors.action_date <= bars.session_date
    asof left join split_factors as at_pull
        on at_pull.provider = bars.provider and at_pull.symbol = bars.symbol and at_pull.action_date <= cast(bars.pulled_at as date)
)

select
    series.instrument_id,
    series.series_id,
    series.kind,
    series.priority,
    sessions.session_date,
    sessions.session_no,
    bars.open * bars.undone as open,
    bars.high * bars.undone as high,
    bars.low * bars.undone as low,
    bars.close * bars.undone as close,
    cast(if(bars.undone = 1, bars.volume, round(bars.volume / bars.undone)) as bigint) as volume,
    bars.is_partial,
    bars.close_basis,
    -- Shares of today's session that one share of the first session has become: grows with time, so no past value moves.
    bars.split_factor,
    adjusted.adjusted_close,
    bars.known_on,
    bars.pulled_at,
    bars.provenance
from factored as bars
join series using (provider, symbol)
join {{ ref('int_sessions') }} as sessions using (session_date)
left join adjusted using (provider, symbol, session_date)
order by instrument_id, series_id, session_date
