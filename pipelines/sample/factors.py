"""Daily common shocks of the simulated market: volatility, market, size, growth, sectors. Not for levels (indices.py)."""

from dataclasses import dataclass

import numpy as np

from pipelines.sample.calendar import calendar
from pipelines.sample.chance import Floats, ar1, fat_tailed, stream, unit_ar1

# No index closes more than this far (log) from the day before, whatever the tails say: gate 1 takes more for a data error.
LIMIT = 0.12


@dataclass(frozen=True)
class Factors:
    """Log returns by session of 1986 to the end; `volatility` is the market's, a day."""

    volatility: Floats
    market: Floats
    size: Floats
    growth: Floats
    sectors: dict[str, Floats]


def factors(seed: int, sector_names: tuple[str, ...]) -> Factors:
    """Volatility comes in clusters and rises when the market falls; size and growth drift for years one way, then the other."""
    random = stream(seed, "factors")
    n = len(calendar().days)
    shock = fat_tailed(random, n, 6)
    # What moves volatility is partly yesterday's fall (the leverage effect).
    news = 0.75 * random.standard_normal(n) - 0.65 * np.concatenate([[0.0], shock[:-1]])
    slow, fast = _mean_reverting(news, 0.99), _mean_reverting(news, 0.93)
    volatility = 0.0092 * np.exp(0.36 * slow + 0.22 * fast - 0.08)
    market = np.clip(volatility * shock, -LIMIT, LIMIT)
    size = 0.42 * volatility * fat_tailed(random, n, 8) + 0.00035 * unit_ar1(random, n, 0.997)
    growth = 0.40 * volatility * fat_tailed(random, n, 8) + 0.0003 * unit_ar1(random, n, 0.997)
    sectors = {name: 0.55 * volatility * fat_tailed(stream(seed, f"sector {name}"), n, 7) for name in sector_names}
    return Factors(volatility, market, size, growth, sectors)


def _mean_reverting(news: Floats, persistence: float) -> Floats:
    return np.asarray(ar1(news, persistence) * np.sqrt(1 - persistence**2))
