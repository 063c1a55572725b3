"""The published markets that the independent checks are made on: the sample everywhere, the recorded one where it is. Not for checks.

A check recomputes a mart from raw rows with what we did not write (TA-Lib, statsmodels, scipy, numpy, the exchange's calendar, published
values), over all rows. It is declared where it stands: `@pytest.mark.independent("fct_x", against="TA-Lib")`.
"""

from datetime import date

import pytest
from markets import Market
from worlds import AT_ONCE

RECORDED_DAY = date(2026, 1, 9)


@pytest.fixture(scope="session", params=["sample", pytest.param("live", marks=pytest.mark.replay)])
def market(request: pytest.FixtureRequest) -> Market:
    """The sample as of its day, and the recorded market as of a Friday."""
    if request.param == "sample":
        return Market(request.getfixturevalue("sample_at_once"), "sample", AT_ONCE)
    return Market(request.getfixturevalue("replayed")[RECORDED_DAY], "live", RECORDED_DAY)
