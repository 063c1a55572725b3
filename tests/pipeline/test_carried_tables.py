"""Tables that are carried from run to run are what a build from nothing gives, whatever came since. Not for the models' definitions (their unit tests)."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from worlds import working_in

from pipelines.resources import dbt
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings

pytestmark = pytest.mark.slow
TABLES = ("int_member_days", "int_month_closes", "int_breadth_daily")
DAY = "date '2024-06-03'"  # up to which the first build knows; a Monday
# Thirty companies of two universes over 700 weekdays, one that trades on Wednesdays alone, one that came in this year, and a list a quarter.
FILLED = """
    create table weekdays as
        select range::date as day, row_number() over (order by range) as n from range(date '2022-01-03', date '2024-09-14', interval 1 day)
        where isodow(range) < 6;
    create table companies as
        select format('C{:02d}', range) as symbol, if(range % 3 = 0, 'SP500', 'R2000') as universe_id, range as seed from range(30);
    create table bars as
        select universe_id as collection, symbol, day as session_date, round(50 + 20 * sin(n / 17.0 + seed) + (hash(symbol, day) % 1000) / 300.0, 4) as close,
            1000 + hash(day, symbol) % 500 as volume
        from companies, weekdays
        where (seed <> 7 or isodow(day) = 3) and (seed <> 8 or day >= date '2024-02-05');
    create table lists as
        select universe_id, day as snapshot_date, symbol, 1.0 + seed % 5 as weight_pct
        from companies, (select min(day) as day from weekdays group by date_trunc('quarter', day)) where seed % 7 > 0 or day > date '2023-01-01';
"""


class Market:
    """A working file of the generated market, landed up to a day."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.warehouse = settings, Warehouse(settings, "sample")
        self.part = dbt.Part("+int_breadth_daily +int_month_closes", dbt.parse(settings, folder))
        with self.open() as connection:
            connection.execute(FILLED)
            connection.execute(
                "insert into raw.exchange_sessions by name select day as session_date, false as is_half_day, day as known_on, true as is_first from weekdays"
            )
            self.land(connection, f"session_date <= {DAY}", f"snapshot_date <= {DAY}")
        self.as_of(DAY)

    def open(self):  # type: ignore[no-untyped-def]
        return self.warehouse.work()

    def land(self, connection: duckdb.DuckDBPyConnection, bars: str, lists: str = "false") -> None:
        own = "now()::timestamp as pulled_at, 'simulated' as provenance, true as is_first"
        connection.execute(
            f"insert into raw.drop_bars by name select *, 'split_adjusted' as price_basis, session_date as known_on, {own} from bars where {bars}"
        )
        connection.execute(f"insert into raw.drop_constituents by name select *, snapshot_date as known_on, {own} from lists where {lists}")

    def revise(self, connection: duckdb.DuckDBPyConnection, table: str, where: str, change: str, known_on: str) -> None:
        connection.execute(
            f"insert into raw.{table} by name select * replace ({change}, {known_on} as known_on, pulled_at + interval 1 day as pulled_at, false as is_first) "
            f"from raw.{table} where {where}"
        )

    def as_of(self, day: str) -> None:
        with self.open() as connection:
            connection.execute("delete from raw.clock_day")
            connection.execute(
                f"insert into raw.clock_day by name select {day} as as_of_date, {day} as session_date, 'sample' as source_mode, 'simulated' as provenance"
            )

    def build(self) -> None:
        broken = [r.message for r in dbt.build(self.settings, "sample", lambda _: None, part=self.part) if r.status in ("error", "fail")]
        assert not broken, broken

    def is_carried(self) -> bool:
        """Build, and say whether what stood before was carried: a row that no build from nothing gives is still there."""
        with self.open() as connection:
            connection.execute(
                "insert into intermediate.int_breadth_daily by name select 'a mark' as universe_id, date '1900-01-01' as session_date"
            )
        self.build()
        with self.open() as connection:
            marks = connection.execute("delete from intermediate.int_breadth_daily where universe_id = 'a mark'").fetchall()
        return bool(marks[0][0])

    def apart_from_nothing(self) -> dict[str, int]:
        """Rows by table that a build from nothing has otherwise."""
        with self.open() as connection:
            for table in TABLES:
                connection.execute(f"create or replace table carried_{table} as from intermediate.{table}")
            connection.execute("delete from intermediate.carried")
        self.build()
        with self.open() as connection:
            return {
                table: connection.execute(
                    f"select count(*) from ((from carried_{table} except all from intermediate.{table}) union all "
                    f"(from intermediate.{table} except all from carried_{table}))"
                ).fetchall()[0][0]
                for table in TABLES
            }


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with working_in(tmp_path / "warehouse") as settings:
        yield Market(settings, tmp_path / "dbt")


SAME = dict.fromkeys(TABLES, 0)


def test_what_came_since_is_derived_and_all_else_stands_and_both_are_what_a_build_from_nothing_gives(market: Market) -> None:
    market.build()

    def came(day: str, landed: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
        with market.open() as connection:
            landed(connection)
        market.as_of(day)
        assert market.is_carried()
        assert market.apart_from_nothing() == SAME

    tuesday, wednesday, later = "date '2024-06-04'", "date '2024-06-05'", "date '2024-07-05'"
    came(tuesday, lambda c: market.land(c, f"session_date = {tuesday}"))

    def a_wednesday_with_an_old_close_told_anew(connection: duckdb.DuckDBPyConnection) -> None:
        market.land(connection, f"session_date = {wednesday}")
        of_one = "symbol = 'C04' and session_date = date '2023-05-04'"
        market.revise(connection, "drop_bars", of_one, "close * 1.3 as close", wednesday)

    came(wednesday, a_wednesday_with_an_old_close_told_anew)

    def a_month_with_a_list_and_a_weight_told_anew(connection: duckdb.DuckDBPyConnection) -> None:
        market.land(connection, f"session_date > {wednesday} and session_date <= {later}", f"snapshot_date between {wednesday} and {later}")
        of_one = "symbol = 'C05' and snapshot_date = date '2024-04-01'"
        market.revise(connection, "drop_constituents", of_one, "weight_pct + 3 as weight_pct", later)
        connection.execute(
            "update bars set symbol = 'LATE' where symbol = 'C06' and session_date > date '2023-08-01'"
        )  # and a company with a past
        market.land(connection, f"symbol = 'LATE' and session_date <= {later}")

    came(later, a_month_with_a_list_and_a_weight_told_anew)
    assert market.is_carried(), "nothing came"
    assert market.apart_from_nothing() == SAME


def test_an_earlier_day_and_a_session_that_was_none_are_derived_from_nothing(market: Market) -> None:
    market.build()
    market.as_of("date '2024-05-01'")
    assert not market.is_carried()
    with market.open() as connection:
        held: date = connection.execute("select max(session_date) from intermediate.int_member_days").fetchall()[0][0]
        assert held == date(2024, 5, 1)
        connection.execute("delete from raw.exchange_sessions where session_date = date '2023-03-01'")
    assert not market.is_carried()
    assert market.apart_from_nothing() == SAME
