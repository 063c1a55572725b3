"""Where real providers differ, the table of disagreements says so by itself, and who is right."""

from datetime import date
from pathlib import Path

import pytest
from worlds import database, rows

pytestmark = [pytest.mark.replay, pytest.mark.slow]
FRIDAY = date(2026, 1, 9)


@pytest.fixture
def friday(replayed: dict[date, Path]) -> Path:
    return database(replayed[FRIDAY], "live")


def test_on_2021_08_11_the_vendors_say_one_thing_and_the_fund_says_that_fred_is_right(friday: Path) -> None:
    """Yahoo and Stooq print 4442.41, FRED 4447.70; SPY moved as FRED's value did."""
    ((first, one, second, other, apart, third, third_value, third_with, fund, fund_move, supported, by, used),) = rows(
        friday,
        "select first_series_id, first_value::double, second_series_id, second_value::double, difference_bp::double, third_series_id, "
        "third_value::double, third_agrees_with, partner_id, partner_moved_pct::double, supported, supported_by, used_series_id "
        "from quality.disagreements where instrument_id = 'SP500' and session_date = date '2021-08-11'",
    )
    assert (first, round(one, 2), second, other) == ("SP500", 4442.41, "SP500.fred", 4447.70)
    assert apart == pytest.approx((4447.70 / 4442.41 - 1) * 1e4, abs=0.001)
    assert (third, third_value, third_with) == ("SP500.stooq", 4442.41, "first")
    assert (fund, supported, by) == ("SPY", "second", "SPY")
    assert fund_move == pytest.approx((4447.70 / 4436.75 - 1) * 100, abs=0.01)
    assert used == "SP500", "what was used is told, and is not changed by it"


def test_it_is_the_only_session_on_which_the_sp500_is_in_doubt(friday: Path) -> None:
    assert rows(friday, "select session_date from quality.disagreements where instrument_id = 'SP500'") == [(date(2021, 8, 11),)]


def test_freds_nasdaq_differs_as_often_as_was_counted(friday: Path) -> None:
    """353 days by more than 0.05 %, and nobody to decide: no fund stands for the composite."""
    found = rows(friday, "select supported, count(*) from quality.disagreements where instrument_id = 'NASDAQ_COMP' group by all")
    assert found == [("undecided", 353)]


def test_no_session_needs_a_stand_in_where_yahoo_has_them_all(friday: Path) -> None:
    assert rows(friday, "select count(*) from quality.stand_ins") == [(0,)]
