"""The SQL of `rotation indicators`: one symbol's bars out of the raw tables, and what is computed of them. Not for who asks (indicators.py).

The definitions are those of int_prices_daily, int_full_bars_daily, int_technicals_daily, int_rsi_daily, int_volumes_daily and int_returns_daily,
for one symbol in place of all; a test holds each value against fct_technicals_daily.
"""

from pipelines.contracts import contracts
from pipelines.resources.warehouse import latest

GAP_SESSIONS = 10  # after so many without a bar an average starts anew (member_gap_sessions)
TOLERANCE_DAYS = 10  # a base close may lie so far before the day asked for (base_close_tolerance_days)

# Who is read for what: `own`, `volume` (of an index: its fund) and `benchmark`. Companies have a collection, series of the catalogue none.
SERIES = "create temp table series (role varchar, provider varchar, collection varchar, symbol varchar, kind varchar, priority integer)"

SESSIONS = f"""
create temp table sessions as
with days as (
    select session_date from {latest(contracts()["exchange_sessions"], "known_on <= $as_of")}
    where session_date >= date '1970-01-01' and not list_contains($closed::date[], session_date)
    union
    select session_date from {latest(contracts()["yahoo_bars"], "symbol = $sp500 and known_on <= $as_of")} where session_date < date '1970-01-01'
)
select session_date, row_number() over (order by session_date) as session_no, lag(session_date) over (order by session_date) as previous_date
from days
where session_date <= least($as_of, (select max(session_date) from raw.clock_day))
"""


def _each(suffix: str, columns: str) -> str:
    """One part of a union for each provider that has such a table."""
    parts = []
    for name in (n for n in contracts() if n.endswith(suffix) and not n.startswith("drop_")):
        provider = name.removesuffix(suffix)
        own = f"symbol in (select symbol from series where provider = '{provider}') and known_on <= $as_of"
        parts.append(f"select '{provider}' as provider, symbol, {columns} from {latest(contracts()[name], own)}")
    return "\n    union all\n    ".join(parts)


def _dropped(where: str) -> str:
    columns = "'drop', collection, symbol, session_date, high, low, close, volume, false, price_basis, pulled_at, provenance"
    return f"select {columns} from {latest(contracts()['drop_bars'], f'{where} and known_on <= $as_of')}"


# One bar a role and session, as int_bars_daily, int_price_bases and int_prices_daily choose it.
PRICES = f"""
create temp table prices as
with
given(provider, collection, symbol, session_date, high, low, close, volume, is_partial, close_basis, pulled_at, provenance) as (
    select provider, '', symbol, * exclude (provider, symbol) from (
    {_each("_bars", "session_date, high, low, close, volume, is_partial, null::varchar, pulled_at, provenance")}
    )
    union all
    {_dropped("collection = $collection and symbol = $symbol")}
    union all
    {_dropped("collection = 'instruments' and symbol in (select symbol from series where collection = 'instruments')")}
),
splits as (
    {_each("_actions", "action_date, value, kind")}
),
split_sources as (
    select own.role, own.provider, own.symbol, min_by(others, (others.provider <> own.provider, others.priority)) as source
    from series as own join series as others using (role)
    where (others.provider, others.symbol) in (select (provider, symbol) from splits where kind = 'split')
    group by all
),
factors as (
    select role, sources.provider, sources.symbol, action_date,
        product(value) over (partition by role, sources.provider, sources.symbol order by action_date) as factor
    from split_sources as sources
    join splits on splits.provider = sources.source.provider and splits.symbol = sources.source.symbol
    where kind = 'split'
),
adjusted as (
    {_each("_adjusted_closes", "session_date, adjusted_close")}
),
bars as (
    select
        series.role, series.kind, series.priority, given.* exclude (high, low, close, volume), adjusted.adjusted_close, sessions.session_no,
        coalesce(factors.factor, 1.0) as split_factor,
        if(given.close_basis = 'split_adjusted', coalesce(at_pull.factor / coalesce(factors.factor, 1.0), 1.0), 1.0) as undone,
        high * undone as high, low * undone as low, close * undone as close,
        cast(if(undone = 1, volume, round(volume / undone)) as bigint) as volume
    from given
    join series using (provider, collection, symbol)
    join sessions using (session_date)
    left join adjusted using (provider, symbol, session_date)
    asof left join factors
        on factors.role = series.role and factors.provider = given.provider and factors.symbol = given.symbol and factors.action_date <= given.session_date
    asof left join factors as at_pull
        on at_pull.role = series.role and at_pull.provider = given.provider and at_pull.symbol = given.symbol and at_pull.action_date <= given.pulled_at::date
),
bases as (
    select
        role, priority,
        case
            when bool_or(coalesce(close_basis, '') = 'total_return') then 'total_return'
            when any_value(kind) = 'fund' and coalesce(bool_and(abs(adjusted_close * factor_now / (close * split_factor) - 1) < 1e-6), false)
                and max(session_date) filter (adjusted_close is not null) - min(session_date) filter (adjusted_close is not null) > 365
            then 'total_return'
            else 'price'
        end as price_basis,
        priority = min(priority) over (partition by role) as is_primary
    from (select *, max(split_factor) over (partition by role, priority) as factor_now from bars)
    group by role, priority
)
select bars.*, bases.price_basis, close * split_factor as linked_close
from bars
join bases using (role, priority)
join bases as main on main.role = bars.role and main.is_primary
where bases.is_primary or (bases.price_basis = 'price' and main.price_basis = 'price')
qualify row_number() over (partition by bars.role, session_date order by is_partial, bars.priority) = 1
"""


def _exact(value: str) -> str:
    """A sum that does not depend on the order of its rows, as the macro exact_sum."""
    return f"sum(cast({value} as decimal(38, 15)))"


_Q, _BLOCK = "(13 / 14.0::double)", 256

# Full bars, numbered within a stretch, and what windows give of them; `rsi` in blocks of sessions, as int_rsi_daily.
_MEASURED = f"""
bars as (
    select
        role, session_date, session_no, linked_close as close, split_factor,
        if(kind = 'index' and high = low, null, high * split_factor) as high,
        if(kind = 'index' and high = low, null, low * split_factor) as low,
        volume / split_factor as volume,
        session_no - lag(session_no) over (partition by role order by session_no) > {GAP_SESSIONS} as is_new_start
    from prices where not is_partial
),
stretches as (
    select *, count(*) filter (is_new_start) over (partition by role order by session_no) as stretch_no from bars
),
full_bars as (
    select *, row_number() over (partition by role, stretch_no order by session_no) as bar_no from stretches
),
averages as (
    select
        *,
        case when bar_no >= 50 then cast({_exact("close")} over last_50 as double) / 50 end as sma_50,
        case when bar_no >= 200 then cast({_exact("close")} over last_200 as double) / 200 end as sma_200,
        case when count(high) over last_252 = 252 then max(high) over last_252 end as high_252d,
        case when count(low) over last_252 = 252 then min(low) over last_252 end as low_252d
    from full_bars
    where role = 'own'
    window
        last_50 as (partition by stretch_no order by bar_no rows 49 preceding),
        last_200 as (partition by stretch_no order by bar_no rows 199 preceding),
        last_252 as (partition by stretch_no order by bar_no rows 251 preceding)
),
technicals as (
    select
        *,
        (sma_50 / lag(sma_50, 20) over stretch - 1) * 100 as slope_50,
        (sma_200 / lag(sma_200, 20) over stretch - 1) * 100 as slope_200
    from averages window stretch as (partition by stretch_no order by bar_no)
),
changes as (
    select
        stretch_no, session_date, bar_no, close - lag(close) over (partition by stretch_no order by bar_no) as change,
        greatest(bar_no - 1, 14) // {_BLOCK} as block_no, greatest(bar_no - 1, 14) % {_BLOCK} as place
    from full_bars where role = 'own'
),
running as materialized (
    select
        *,
        cast({_exact(f"greatest(change, 0) * power({_Q}, -place)")} over so_far as double) as gain,
        cast({_exact(f"greatest(-change, 0) * power({_Q}, -place)")} over so_far as double) as loss
    from changes where change is not null
    window so_far as (partition by stretch_no, block_no order by bar_no)
),
blocks as materialized (
    select stretch_no, block_no, gain, loss from running
    qualify row_number() over (partition by stretch_no, block_no order by bar_no desc) = 1
),
carried as (
    select stretch_no, block_no, cast(0 as double) as gain, cast(0 as double) as loss from blocks where block_no = 0
    union all
    select
        stretch_no, carried.block_no + 1,
        (carried.gain + blocks.gain) * power({_Q}, {_BLOCK}), (carried.loss + blocks.loss) * power({_Q}, {_BLOCK})
    from carried join blocks using (stretch_no, block_no)
),
rsi as (
    select session_date,
        case
            when running.gain + carried.gain + running.loss + carried.loss = 0 then 50
            else 100 * (running.gain + carried.gain) / (running.gain + carried.gain + running.loss + carried.loss)
        end as rsi_14
    from running join carried using (stretch_no, block_no)
    where bar_no >= 15
),
volumes as (
    select
        prices.session_date, prices.volume, means.average * prices.split_factor as average,
        case when means.bars_n < 63 then 'warm_up' when means.held_n < 63 then 'no_volume_in_window' end as reason
    from prices
    left join (
        select session_date, cast({_exact("volume")} over previous as double) / 63 as average, count(volume) over previous as held_n, count(*) over previous as bars_n
        from full_bars where role = 'volume'
        window previous as (partition by stretch_no order by bar_no rows between 63 preceding and 1 preceding)
    ) as means using (session_date)
    where role = 'volume' and prices.volume is not null
),
horizons(horizon, months) as (values ('1d', null), ('1m', 1), ('ytd', null), ('1y', 12)),
targets as (
    select
        bars.session_date, bars.close, horizon,
        case horizon
            when '1d' then sessions.previous_date
            when 'ytd' then cast(date_trunc('year', session_date) as date) - 1
            else cast(session_date - to_months(months) as date)
        end as target
    from bars join sessions using (session_date) cross join horizons
    where role = 'own'
),
returns as (
    select
        targets.session_date, horizon,
        if(horizon = '1d', base.session_date = target, base.session_date >= target - {TOLERANCE_DAYS}) as is_usable,
        case when is_usable then (targets.close / base.close - 1) * 100 end as return_pct,
        case when base.session_date is null then 'history_starts_later' when not is_usable then 'no_close_on_base_date' end as reason
    from targets
    asof left join (from bars where role = 'own') as base on base.session_date <= coalesce(target, date '0001-01-01')
),
strength as (
    select
        session_date, own.close / benchmark.close as ratio, first_value(own.close / benchmark.close) over (order by session_date) as first_ratio
    from (from bars where role = 'own') as own
    join (from bars where role = 'benchmark') as benchmark using (session_date)
    -- a price is never held against a total return
    where (select count(distinct price_basis) from prices where role in ('own', 'benchmark')) = 1
)
"""


def _return(horizon: str) -> str:
    return (
        f"cast(max(return_pct) filter (horizon = '{horizon}') as decimal(18, 4)) as return_{horizon}_pct, "
        f"max(reason) filter (horizon = '{horizon}') as return_{horizon}_reason"
    )


def _or_why(value: str, name: str, kind: str = "decimal(18, 4)", reason: str = "'warm_up'") -> str:
    """A value beside the reason why it is not there."""
    label = name.removesuffix("_20d_pct").removesuffix("_63d") + "_reason"
    return f"cast({value} as {kind}) as {name}, case when {value} is null then if(is_partial, 'partial_session', {reason}) end as {label}"


NO_HIGH = "if(coalesce(bar_no, 0) < 252, 'warm_up', 'no_intraday_{}_in_window')"

INDICATORS = f"""
with recursive
{_MEASURED},
by_horizon as (select session_date, {", ".join(_return(h) for h in ("1d", "1m", "ytd", "1y"))} from returns group by session_date)
select
    prices.session_date,
    cast(prices.close as decimal(18, 6)) as close,
    by_horizon.* exclude (session_date) replace (
        {", ".join(f"if(is_partial, 'partial_session', return_{h}_reason) as return_{h}_reason" for h in ("1d", "1m", "ytd", "1y"))}
    ),
    {_or_why("sma_50 / prices.split_factor", "sma_50")},
    {_or_why("sma_200 / prices.split_factor", "sma_200")},
    {_or_why("slope_50", "slope_sma_50_20d_pct")},
    {_or_why("slope_200", "slope_sma_200_20d_pct")},
    {_or_why("rsi_14", "rsi_14")},
    {_or_why("high_252d / prices.split_factor", "high_252d", "decimal(18, 6)", NO_HIGH.format("high"))},
    cast((technicals.close / high_252d - 1) * 100 as decimal(18, 4)) as gap_to_high_pct,
    {_or_why("low_252d / prices.split_factor", "low_252d", "decimal(18, 6)", NO_HIGH.format("low"))},
    volumes.volume,
    cast(case when not is_partial and reason is null and average > 0 then volumes.volume / average end as decimal(18, 6)) as volume_ratio_63d,
    case
        when volumes.volume is null then 'no_volume_held'
        when is_partial then 'partial_session'
        when reason is not null then reason
        when average <= 0 then 'no_trading_in_window'
    end as volume_ratio_reason,
    cast(100 * ratio / first_ratio as decimal(18, 4)) as relative_strength,
    case
        when ratio is not null then null
        when not exists (from series where role = 'benchmark') then 'no_benchmark'
        when is_partial then 'partial_session'
        when exists (from strength) or not exists (from prices where role = 'benchmark') then 'no_close_of_benchmark'
        else 'benchmark_on_other_basis'
    end as relative_strength_reason,
    is_partial as is_partial_session,
    price_basis,
    if(provenance = 'simulated', 'simulated', 'derived') as provenance
from prices
left join technicals using (session_date)
left join rsi using (session_date)
left join volumes using (session_date)
left join by_horizon using (session_date)
left join strength using (session_date)
where prices.role = 'own' and prices.session_date between $first and $last
order by prices.session_date
"""
