"""What a batch is compared with, taken from the working file: the close before, known splits, witnesses. Not for judging (derive, expectations)."""

from collections.abc import Callable, Mapping, Sequence

import duckdb
import polars as pl

from pipelines.assets.landing.derive import MONEY_SESSIONS, Surroundings
from pipelines.catalog import Series, catalog
from pipelines.contracts import TableContract, contracts
from pipelines.resources.lent import lent
from pipelines.resources.warehouse import latest

SPLITS = pl.Schema({"_series": pl.String(), "action_date": pl.Date(), "value": pl.Float64()})
WITNESSES = pl.Schema({"_series": pl.String(), "_date": pl.Date(), "_witness_close": pl.Float64(), "_witness_is_new": pl.Boolean()})


def look_around(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    rows: pl.DataFrame,
    series: Mapping[str, Series],
    actions: pl.DataFrame | None,
    to_sessions: Callable[[pl.Series], pl.Series],
    run_id: str,
) -> Surroundings:
    """Everything derive() needs for this batch; `actions` are the splits and dividends that came in the same pull."""
    jumps = "no_jump_without_split" in contract.checks
    return Surroundings(
        series=series,
        before=_before(connection, contract, rows) if jumps else pl.DataFrame(),
        traded=_traded(connection, contract, rows) if "no_missed_split" in contract.checks else pl.DataFrame(),
        splits=_splits(connection, contract, series, actions) if jumps else pl.DataFrame(schema=SPLITS),
        witnesses=_witnesses(connection, list(series.values()), run_id)
        if "sources_agree" in contract.checks
        else pl.DataFrame(schema=WITNESSES),
        to_sessions=to_sessions,
    )


def _before(connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame) -> pl.DataFrame:
    """The last close held before each symbol's first row of the batch."""
    unit = ["_series", str(contract.symbol_column)]
    keys = [k for k in contract.key if k != contract.date_column]
    spans = rows.group_by(list(dict.fromkeys([*unit, *keys]))).agg(_first=pl.col(contract.date_column).min())
    with lent(connection, spans=spans):
        found: pl.DataFrame = connection.sql(
            f"""
            select spans._series, spans.{contract.symbol_column},
                max(held.{contract.date_column}) as _date, arg_max(held.close, held.{contract.date_column}) as _close
            from spans join {latest(contract)} as held on {" and ".join(f"held.{k} = spans.{k}" for k in keys)} and held.{contract.date_column} < spans._first
            group by all
            """
        ).pl()
    return found


def _traded(connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame) -> pl.DataFrame:
    """The last bars held before each symbol's first row of the batch, as many as the usual money is told from."""
    day, keys = contract.date_column, [k for k in contract.key if k != contract.date_column]
    spans = rows.group_by(["_series", *keys]).agg(_first=pl.col(day).min())
    with lent(connection, spans=spans):
        found: pl.DataFrame = connection.sql(
            f"""
            select spans._series, {", ".join(f"held.{k}" for k in keys)}, held.{day} as _date, held.close, held.volume
            from spans join {latest(contract)} as held on {" and ".join(f"held.{k} = spans.{k}" for k in keys)} and held.{day} < spans._first
            qualify row_number() over (partition by spans._series, {", ".join(f"held.{k}" for k in keys)} order by held.{day} desc) <= {MONEY_SESSIONS + 1}
            """
        ).pl()
    return found


def _splits(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, series: Mapping[str, Series], actions: pl.DataFrame | None
) -> pl.DataFrame:
    name = f"{contract.provider}_actions"
    if name not in contracts():
        return pl.DataFrame(schema=SPLITS)
    held: pl.DataFrame = connection.sql(f"select symbol, action_date, value from {latest(contracts()[name])} where kind = 'split'").pl()
    by_symbol = pl.DataFrame(
        [(s.symbol, s.series_id) for s in series.values()], schema={"symbol": pl.String, "_series": pl.String}, orient="row"
    )
    held = held.join(by_symbol, on="symbol").select(list(SPLITS)).cast(SPLITS)
    if actions is None or actions.is_empty():
        return held
    came = actions.filter(pl.col("kind") == "split").select(list(SPLITS))
    return pl.concat([held, came]).unique(["_series", "action_date"], keep="last")


def _witnesses(connection: duckdb.DuckDBPyConnection, series: Sequence[Series], run_id: str) -> pl.DataFrame:
    found = [pl.DataFrame(schema=WITNESSES)]
    for one in series:
        if one.witness_series_id is None:
            continue
        witness = catalog()[one.witness_series_id]
        tables = [c for c in contracts().values() if c.provider == witness.provider and {"close", "value"} & set(c.value_columns)]
        heard = " union all ".join(
            f"select {t.date_column} as day, {'close' if 'close' in t.value_columns else 'value'} as said, run_id, known_on, pulled_at "
            f"from raw.{t.name} where {t.symbol_column} = $symbol"
            for t in tables
            if "kind" not in t.schema
        )
        rows = connection.sql(
            f"select $id as _series, day as _date, said as _witness_close, run_id = $run as _witness_is_new from ({heard}) "
            "qualify row_number() over (partition by day order by known_on desc, pulled_at desc) = 1",
            params={"id": one.series_id, "symbol": witness.symbol, "run": run_id},
        ).pl()
        found.append(rows.cast(WITNESSES))
    return pl.concat(found)
