"""The real market as it was recorded, published twice: on a Friday and on the Monday after. Not for tests."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from recorded import REPLAY, serve
from worlds import clone, once, publish, working_in

FRIDAY, MONDAY = date(2026, 1, 9), date(2026, 1, 12)
DROPS = {"R2000": "adj_close_r2000_sample_312.parquet", "SP500": "adj_close_sp500_sample_165.parquet"}


@pytest.fixture(scope="session")
def replayed(shelf: Path) -> dict[date, Path]:
    """The warehouse after each of the two days. For reading; work on a clone."""
    if not (REPLAY / "world").exists():
        pytest.skip("the recorded provider data is not beside this checkout (../shared/replay)")

    def make(folder: Path) -> None:
        friday, monday = folder / str(FRIDAY), folder / str(MONDAY)
        for universe, name in DROPS.items():
            dropped = friday / "drop" / "bars" / universe
            dropped.mkdir(parents=True)
            shutil.copyfile(REPLAY / "world" / "drops" / name, dropped / name)
        for day, warehouse in ((FRIDAY, friday), (MONDAY, monday)):
            if day == MONDAY:
                clone(friday, monday)
            with serve(day) as provider, working_in(warehouse, ROTATION_MIRROR=provider.url, ROTATION_TIINGO_TOKEN="any"):
                outcome = publish(day, mode="live")
            assert outcome.is_published, outcome.failures

    folder = once(shelf / "replayed", make)
    return {day: folder / str(day) for day in (FRIDAY, MONDAY)}
