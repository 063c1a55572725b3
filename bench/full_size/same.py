"""Are the results of two sides the same, to 1e-9: asked before any time counts. Not for the times (rounds.py).

What is published has decimals. Held against a peer's doubles, the project's values are taken from before they were rounded where a model has
them, and must be equal to 1e-9; the published ones must be the peer's, rounded.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from bench.full_size.derive import MART, opened
from pipelines.resources.fingerprint import row_digest

TOLERANCE = 1e-9
KEY = ("universe_id", "session_date")
COUNTS = (
    "members_n", "priced_n", "eligible_50_n", "eligible_200_n", "eligible_252_n", "advances", "declines", "unchanged",
    "advance_decline_line", "new_highs_252d", "new_lows_252d", "is_zweig_thrust",
)  # fmt: skip
UNROUNDED = {  # by the model that has them
    "int_breadth_daily": ("equal_weight_return_pct", "cap_weight_return_pct", "weight_covered_pct"),
    "int_breadth_averages_daily": ("rana", "mcclellan_oscillator", "mcclellan_summation", "zweig_ema_10"),
}
ROUNDED = {  # by the last digit that is published; a difference of two rounded values has twice the error
    **dict.fromkeys(("pct_above_sma_50", "pct_above_sma_200", "record_high_pct", "high_low_index"), 5e-5),
    **dict.fromkeys(("equal_weight_return_pct", "cap_weight_return_pct", "weight_covered_pct"), 5e-5),
    **dict.fromkeys(("rana", "mcclellan_oscillator", "mcclellan_summation"), 5e-5),
    "zweig_ema_10": 5e-7,
    "equal_minus_cap_pp": 1e-4,
}


class DifferentError(Exception):
    """Two sides do not say the same; the message says where."""


def with_peer(warehouse: Path, peer: Path) -> list[str]:
    """Differences between what is published in a warehouse and a peer's Parquet."""
    with opened(warehouse) as connection:
        connection.execute(f"create temp view peer as from read_parquet('{peer}')")
        mart = f"rotation.marts.{MART}"
        found = differences(
            connection, mart, "peer", KEY, dict.fromkeys(COUNTS, 0.0) | {c: half + TOLERANCE for c, half in ROUNDED.items()}
        )
        for model, columns in UNROUNDED.items():
            table = f"work.intermediate.{model}"
            kept = f"(from {table} semi join {mart} using (universe_id, session_date))"
            others = "(from peer where rana is not null)" if "averages" in model else "peer"
            found += differences(connection, kept, others, KEY, dict.fromkeys(columns, TOLERANCE))
    return found


def differences(connection: duckdb.DuckDBPyConnection, ours: str, theirs: str, key: Sequence[str], columns: dict[str, float]) -> list[str]:
    """What differs between two tables by column: the tolerance is of the value, but at least of one."""
    on = ", ".join(key)
    either = f"(select true as is_ours, * from {ours}) as a full join (select true as is_theirs, * from {theirs}) as b using ({on})"
    wrong = {
        c: f"(a.{c} is null) <> (b.{c} is null) or abs(a.{c}::double - b.{c}::double) > {tolerance!r} * greatest(1, abs(a.{c}::double))"
        if tolerance
        else f"a.{c} is distinct from b.{c}"
        for c, tolerance in columns.items()
    }
    counts = ", ".join(f"count(*) filter (is_ours and is_theirs and ({condition}))" for condition in wrong.values())
    row = connection.execute(
        f"select count(*) filter (is_ours and is_theirs), count(*) filter (is_theirs is null), count(*) filter (is_ours is null), {counts} from {either}"
    ).fetchall()[0]
    both, ours_alone, theirs_alone, *by_column = row
    found = [] if both else ["no row in both"]
    found += [f"{ours_alone:,} rows of ours alone"] if ours_alone else []
    found += [f"{theirs_alone:,} rows of theirs alone"] if theirs_alone else []
    return found + [f"{c} differs in {n:,} of {both:,} rows" for c, n in zip(columns, by_column, strict=True) if n]


def tables(one: Path, other: Path, names: Sequence[str]) -> list[str]:
    """Differences between the tables of two derived warehouses: equal bit by bit in any order, or by key to the tolerance."""
    found = []
    for name in names:
        with opened(one) as connection, opened(other) as beside:
            if row_digest(connection, name) == row_digest(beside, name):
                continue
        with duckdb.connect(config={"temp_directory": str(one / "spill")}) as connection:
            schema, table = (part.strip('"') for part in name.split(".")[-2:])
            file = "candidate/sample/rotation.duckdb" if name.startswith('"rotation"') else "work/sample/work.duckdb"
            connection.execute(f"attach '{one / file}' as one (read_only); attach '{other / file}' as other (read_only)")
            told = connection.execute(f"describe one.{schema}.{table}").fetchall()
            key = [c for c, *_ in told if c in (*KEY, "symbol")]
            tolerances = {c: TOLERANCE if kind == "DOUBLE" else 0.0 for c, kind, *_ in told if c not in key}
            found += [f"{table}: {d}" for d in differences(connection, f"one.{schema}.{table}", f"other.{schema}.{table}", key, tolerances)]
    return found


def raw(one: Path, other: Path, columns: str = "*") -> list[str]:
    """Differences between the raw bars of two DuckDB files."""
    digests = []
    for file in (one, other):
        with duckdb.connect(str(file), read_only=True) as connection:
            digests.append(row_digest(connection, f"(select {columns} from raw.drop_bars)"))
    return [] if digests[0] == digests[1] else [f"raw.drop_bars of {one.name} and {other.name} hold other rows"]


def published(one: Path, other: Path) -> list[str]:
    """Differences between the marts of two published folders."""
    digests = []
    for folder in (one, other):
        with duckdb.connect(str(folder / "rotation.duckdb"), read_only=True) as connection:
            names = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts' order by 1").fetchall()
            digests.append({name: row_digest(connection, f"marts.{name}") for (name,) in names})
    return sorted(name for name in digests[0] | digests[1] if digests[0].get(name) != digests[1].get(name))


def work(what: str, one: str, other: str, **more: Any) -> dict[str, list[str]]:
    """As a process of its own: looking at millions of rows takes memory."""
    ask = {"peer": with_peer, "tables": tables, "raw": raw, "published": published}[what]
    return {"differences": ask(Path(one), Path(other), **more)}  # type: ignore[operator]
