"""The answer is taken from the published file, says what is simulated, and gives no verdict where there is none."""

from typing import Any

import pytest

from pipelines.report.answer import _headline, read_answer
from pipelines.resources.warehouse import WarehouseError
from pipelines.settings import Settings


def horizons(**excess: float | None) -> dict[str, dict[str, Any]]:
    names = {"one": "1m", "three": "3m", "ytd": "ytd"}
    return {names[k]: {"excess_pp": v} for k, v in excess.items()}


@pytest.mark.parametrize(
    ("by_horizon", "said"),
    [
        (horizons(one=1.0, three=0.5, ytd=4.0), "Small caps are ahead of large caps over 1m and 3m and ytd."),
        (horizons(one=-1.0, three=-0.5, ytd=-4.0), "Small caps are behind large caps over 1m and 3m and ytd."),
        (horizons(one=-1.0, three=0.5, ytd=4.0), "The picture is mixed: small caps are ahead over 3m and ytd, behind over 1m."),
        (horizons(one=None, ytd=4.0), "Small caps are ahead of large caps over ytd."),
        (horizons(one=None), "There is no relative return to speak of yet."),
        ({}, "There is no relative return to speak of yet."),
    ],
)
def test_the_headline_says_who_leads_over_which_horizons(by_horizon: dict[str, dict[str, Any]], said: str) -> None:
    assert _headline(by_horizon, simulated=False) == said


def test_the_headline_of_a_simulated_market_says_so_first() -> None:
    said = _headline(horizons(one=1.0, three=0.5, ytd=4.0), simulated=True)
    assert said.startswith("In the simulated market (not the real one) small caps are ahead")


def test_without_a_publication_it_says_how_to_make_one(warehouse: Settings) -> None:
    with pytest.raises(WarehouseError, match=r"no published warehouse .* Make one with `rotation run --sources live`"):
        read_answer(warehouse.published("live"))
