"""Close paths of the indices and funds: pinned indices first, all else made of them. Not for bars around the closes (bars.py)."""

import numpy as np

from pipelines.catalog import Series, catalog
from pipelines.sample.calendar import calendar
from pipelines.sample.chance import Floats, ar1, bridged, stream
from pipelines.sample.factors import Factors
from pipelines.sample.facts import facts
from pipelines.sample.profiles import profile

# The three indices whose published closes the market meets, by the name of the fact.
PINNED = {"R2000": "R2000 close", "SP500": "S&P 500 close", "NASDAQ_COMP": "Nasdaq Composite close"}


def close_paths(seed: int, shocks: Factors) -> dict[str, Floats]:
    """Log closes of every price series of the catalogue by instrument, over all sessions, a fund's before its first day too."""
    market, size, growth = shocks.market, shocks.size, shocks.growth
    drivers = {"SP500": market, "R2000": 1.08 * market + size, "NASDAQ_COMP": 1.1 * market + growth}
    paths = {name: _pinned(catalog()[name], moves) for name, moves in drivers.items()}
    priced = {s.instrument_id: s for s in catalog().of("yahoo") if s.instrument_id}
    # A proxy waits until what it follows is there.
    for name, series in sorted(priced.items(), key=lambda item: item[1].proxy_of is not None):
        if name not in paths:
            paths[name] = _made_of(seed, series, paths, shocks)
    return paths


def _pinned(series: Series, moves: Floats) -> Floats:
    days, start = calendar(), profile(series).start_level
    pins = {days.at(day): float(np.log(level)) for day, level in facts(PINNED[series.series_id]).items()}
    return bridged(np.cumsum(moves), {0: float(np.log(start or 100.0))} | pins)


def _made_of(seed: int, series: Series, paths: dict[str, Floats], shocks: Factors) -> Floats:
    is_like = profile(series)
    random = stream(seed, f"closes {series.series_id}")
    n = len(shocks.market)
    known = facts(f"{series.series_id} close")
    end = np.log(max(known.items())[1] if known else is_like.end_level)
    if series.proxy_of in paths:
        # A fund strays from its index by basis points and comes back.
        path = paths[series.proxy_of] + ar1(is_like.noise_pct / 100 * 0.05 * random.standard_normal(n), 0.9)
    else:
        path = is_like.large * paths["SP500"] + is_like.small * paths["R2000"] + is_like.nasdaq * paths["NASDAQ_COMP"]
        own = is_like.growth * shocks.growth + is_like.noise_pct / 100 / np.sqrt(252) * random.standard_normal(n)
        if series.sector:
            own = own + shocks.sectors[series.sector] - shocks.sectors[series.sector].mean()
        path = path + np.cumsum(own - own.mean())
    return np.asarray(path - path[-1] + end)
