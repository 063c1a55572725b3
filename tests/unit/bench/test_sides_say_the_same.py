"""The sides of the bench compute the same, and a side that does not is seen: at a tiny size. Not for how long anything takes."""

import shutil
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import duckdb
import polars as pl
import pytest
from tiny_ground import Tiny, derived

from bench.full_size import asking, bars, copied, fill, same
from bench.full_size.contests import MODULES
from bench.full_size.dashboard import QUESTIONS
from pipelines.sources.exchange import sessions

MODELS = (
    '"work"."intermediate"."int_member_days"',
    '"work"."intermediate"."int_breadth_daily"',
    '"work"."intermediate"."int_breadth_averages_daily"',
    '"rotation"."marts"."fct_breadth_daily"',
)


def peer(tiny: Tiny, name: str, out: Path) -> pl.DataFrame:
    import_module(f"bench.full_size.{MODULES[name]}").work(str(tiny.data), str(out))
    return pl.read_parquet(out)


@pytest.fixture(scope="module")
def sound(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """What a peer computes, to be spoiled."""
    return peer(tiny, "window_sql", tmp_path_factory.mktemp("sound") / "peer.parquet")


def raw(warehouse: Path) -> Path:
    return warehouse / "work" / "sample" / "work.duckdb"


def test_generated_bars_hold_what_breadth_has_to_cope_with(tiny: Tiny) -> None:
    """Late and early members, halts that end a stretch and halts that do not, lists that change, and days with a new high."""
    with same.opened(tiny.warehouse) as connection:
        told = connection.execute(
            "select count(distinct members_n), max(members_n - priced_n), sum(new_highs_252d), min(eligible_252_n), max(eligible_252_n) "
            "from rotation.marts.fct_breadth_daily"
        ).fetchall()[0]
        starts = connection.execute(
            "select count(*) from (select *, row_number() over (partition by universe_id, symbol order by session_date) as n "
            "from work.intermediate.int_member_days) where is_above_sma_50 is null and n > 60"
        ).fetchall()[0][0]
    lists_n, unpriced, highs, fewest, most = told
    assert lists_n > 1
    assert unpriced >= 1
    assert highs > 0
    assert fewest == 0 < most
    assert starts > 0, "no halt was so long that a history began anew"


@pytest.mark.parametrize("name", MODULES)
def test_each_peer_computes_what_is_published_to_1e_9(name: str, tiny: Tiny, tmp_path: Path) -> None:
    rows = peer(tiny, name, tmp_path / "peer.parquet")
    assert rows.height > 1000
    assert same.with_peer(tiny.warehouse, tmp_path / "peer.parquet") == []


@pytest.mark.parametrize("column", [*same.COUNTS, *same.ROUNDED])
def test_a_peer_that_is_off_in_one_row_is_seen(column: str, tiny: Tiny, sound: pl.DataFrame, tmp_path: Path) -> None:
    place = sound.with_row_index("place").filter(pl.col(column).is_not_null())["place"][-1]
    unrounded = {c for columns in same.UNROUNDED.values() for c in columns}
    value = pl.col(column)
    off = value + 1e-7 * pl.max_horizontal(1, value.abs()) if column in unrounded else value + 3e-4 * pl.max_horizontal(1, value.abs())
    if sound.schema[column] == pl.Boolean:
        off = ~value
    elif sound.schema[column].is_integer():
        off = value + 1
    spoiled = sound.with_columns(pl.when(pl.int_range(pl.len()) == place).then(off).otherwise(value).alias(column))
    spoiled.write_parquet(tmp_path / "peer.parquet")
    assert any(column in found for found in same.with_peer(tiny.warehouse, tmp_path / "peer.parquet"))


def test_a_peer_that_lacks_a_session_or_a_value_is_seen(tiny: Tiny, sound: pl.DataFrame, tmp_path: Path) -> None:
    sound[:-1].write_parquet(tmp_path / "peer.parquet")
    assert any("rows of ours alone" in found for found in same.with_peer(tiny.warehouse, tmp_path / "peer.parquet"))
    sound.with_columns(rana=pl.lit(None, pl.Float64)).write_parquet(tmp_path / "peer.parquet")
    assert same.with_peer(tiny.warehouse, tmp_path / "peer.parquet") != []


def test_a_copy_of_the_raw_table_is_held_against_it(tiny: Tiny, tmp_path: Path) -> None:
    copied.work(str(raw(tiny.warehouse)), str(tmp_path / "copy.duckdb"))
    assert same.raw(raw(tiny.warehouse), tmp_path / "copy.duckdb") == []
    with duckdb.connect(str(tmp_path / "copy.duckdb")) as connection:
        connection.execute("update raw.drop_bars set volume = volume + 1 where symbol = 'S00003' and session_date = date '2025-12-31'")
    assert same.raw(raw(tiny.warehouse), tmp_path / "copy.duckdb") != []


def test_the_ten_questions_are_answered_alike_from_the_mart_and_from_the_files(tiny: Tiny, tmp_path: Path) -> None:
    file = str(tiny.warehouse / "candidate" / "sample" / "rotation.duckdb")
    for what in ("published", "raw"):
        asking.work(what, file, str(tiny.data), str(tmp_path / what))
    assert len(QUESTIONS) == 10
    assert asking.differences(tmp_path / "published", tmp_path / "raw", same.TOLERANCE) == []
    spoiled = (tmp_path / "raw").read_text().replace("2025-12-31", "2025-12-30")
    (tmp_path / "raw").write_text(spoiled)
    assert len(asking.differences(tmp_path / "published", tmp_path / "raw", same.TOLERANCE)) >= 5


def test_a_day_added_ends_in_the_tables_of_a_full_rebuild(tiny: Tiny, tmp_path: Path) -> None:
    """Derived up to the day before, then on from there; and what differs is seen."""
    previous = str(sessions(bars.LAST - timedelta(days=10), bars.LAST)["session_date"][-2])
    day = tmp_path / "day"
    fill.work(str(tiny.data), str(day), previous)
    derived(day, "stand")
    derived(day, "full")
    assert same.tables(tiny.warehouse, day, MODELS) != []
    derived(day, "daily", data=str(tiny.data), after=previous, until=str(bars.LAST))
    assert same.raw(raw(tiny.warehouse), raw(day)) == []
    assert same.tables(tiny.warehouse, day, MODELS) == []
    shutil.rmtree(day)


def test_building_with_the_tests_of_the_models_tells_their_share(tiny: Tiny, tmp_path: Path) -> None:
    told = derived(shutil.copytree(tiny.warehouse, tmp_path / "warehouse"), "checked")
    assert 0 < told["checks_seconds"] < told["seconds"]
    assert sorted(told["tables"]) == sorted(MODELS)
