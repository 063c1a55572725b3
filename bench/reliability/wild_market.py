"""Wild days of the market through gate 3: the newest session of a candidate told as one of the days markets remember. Not for what lands (wild_days)."""

from pathlib import Path

import duckdb

from bench.reliability.poison_file import NEWEST, PERFORMANCE, RELATIVE, failing
from bench.reliability.sample import candidate, cut_small, published_sample
from pipelines.checks.reconciliation import NAMES

# The move of the large, of the small and of their funds, in percent; sectors move with the large.
DAYS = {
    "1987-10-19: the large lose a fifth, the small an eighth": (-20.5, -12.5),
    "2020-03-16: a limit-down day": (-12.0, -14.3),
    "2020-03-24: the best day in a lifetime": (9.4, 9.4),
    "2024-07-11: the small rise while the large fall": (-0.9, 3.6),
    "2020-11-09: the small three points ahead on a vaccine": (1.2, 3.7),
    "2008-10-13: the best day of a crisis": (11.6, 9.3),
    "2001-09-17: the first session after six days closed": (-4.9, -5.2),
    "a day on which nothing moves": (0.0, 0.0),
}


def of_the_day(name: str) -> str:
    return f"{name}.horizon = '1d' and {name}.session_date = {NEWEST}"


def days_of_the_market(folder: Path) -> dict[str, set[str]]:
    """By day, the checks of gate 3 that would stop it."""
    small = folder / "small"
    small.mkdir()
    cut_small(published_sample(folder), small)
    found = {}
    with candidate(small) as connection:
        _not_yet_published(connection)
        found["as it is"] = set(failing(connection)) & set(NAMES)
    for name, (large, little) in DAYS.items():
        with candidate(small) as connection:
            _not_yet_published(connection)
            _told(connection, large, little)
            found[name] = set(failing(connection)) & set(NAMES)
    return found


def _not_yet_published(connection: duckdb.DuckDBPyConnection) -> None:
    """The last publication is of the session before."""
    tables = connection.execute(
        "select table_name, list(column_name) from duckdb_columns() where database_name = 'published' and schema_name = 'marts' group by all"
    ).fetchall()
    for table, columns in tables:
        if "session_date" in columns:
            connection.execute(f"delete from published.marts.{table} where session_date = {NEWEST}")
    connection.execute(
        "update published.marts.dim_metric set as_of_date = (select max(session_date) from published.marts.fct_performance_daily)"
    )


def _told(connection: duckdb.DuckDBPyConnection, large: float, little: float) -> None:
    """Closes, returns, pairs, sectors and members of the newest session, all of one day; the raw bars with them."""
    connection.execute(
        "create or replace temp table moves as select instrument_id, proxy_of, symbol, "
        f"case when coalesce(proxy_of, instrument_id) = 'R2000' or size_segment = 'small' then {little} else {large} end as move "
        "from rotation.reference.series_catalog where provider = 'yahoo' and instrument_id is not null"
    )
    connection.execute(
        f"update rotation.marts.{PERFORMANCE} as p set close = round(base_close * (1 + move / 100), 4), return_pct = move from moves m "
        f"where m.instrument_id = p.instrument_id and {of_the_day('p')} and p.return_pct is not null"
    )
    told = f"select 1 from rotation.marts.{PERFORMANCE} as p where {of_the_day('p')} and instrument_id in ('SP500', 'IWM') and return_pct in ({large}, {little})"
    assert len(connection.execute(told).fetchall()) >= 2, "the day was not told"
    connection.execute(
        f"update work.raw.yahoo_bars as r set close = p.close from rotation.marts.{PERFORMANCE} p join moves m using (instrument_id) "
        f"where r.symbol = m.symbol and r.session_date = p.session_date and {of_the_day('p')} and p.price_basis = 'price'"
    )
    connection.execute(
        f"update rotation.marts.{RELATIVE} as r set small_return_pct = s.move, large_return_pct = l.move, excess_pp = s.move - l.move "
        f"from moves s, moves l where s.instrument_id = r.small_id and l.instrument_id = r.large_id and {of_the_day('r')} and r.excess_pp is not null"
    )
    connection.execute(
        f"update rotation.marts.fct_sector_performance_daily as p set return_pct = {large}, "
        f"sectors_up_n = case when {large} > 0 then sectors_n else 0 end where {of_the_day('p')}"
    )
    connection.execute(
        f"update rotation.marts.fct_breadth_daily set cap_weight_return_pct = case when universe_id = 'R2000' then {little} else {large} end "
        f"where session_date = {NEWEST} and cap_weight_return_pct is not null"
    )
