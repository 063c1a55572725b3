"""Gate 3's remarks name what a person should see, and stop nothing."""

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.checks.reconciliation import NAMES
from pipelines.checks.remarks import NAMES as REMARKS
from pipelines.checks.remarks import remark


@pytest.fixture
def both() -> Iterator[duckdb.DuckDBPyConnection]:
    """A publication and a candidate of the day after, in which all is as it was."""
    with duckdb.connect() as connection:
        for name in ("rotation", "published"):
            connection.execute(f"attach ':memory:' as {name}; create schema {name}.marts; create schema {name}.quality")
            connection.execute(
                f"create table {name}.marts.fct_performance_daily as select * from (values (date '2026-01-08', 'SP500', '1d', 'SP500', 6900.0), "
                "(date '2026-01-08', 'SP500', '5d', 'SP500', 6900.0)) t (session_date, instrument_id, horizon, series_id, close)"
            )
            connection.execute(f"create table {name}.marts.dim_metric as select date '2026-01-08' as as_of_date")
            connection.execute(
                f"create table {name}.quality.disagreements as select date '2021-08-11' as session_date, 'SP500' as instrument_id, 12.0 as difference_bp"
            )
        yield connection


def found(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return {v.check.name: v.failing_rows_n for v in remark(connection)}


def test_nothing_is_remarked_where_nothing_changed(both: duckdb.DuckDBPyConnection) -> None:
    assert found(both) == {"closes_keep_their_source": 0, "series_of_a_chain_agree": 0}


def test_a_close_from_another_series_than_was_published_is_told_with_both(both: duckdb.DuckDBPyConnection) -> None:
    both.execute("update published.marts.fct_performance_daily set series_id = 'SP500.stooq', close = 6900.5")
    (verdict,) = [v for v in remark(both) if not v.passed]
    assert (verdict.check.name, verdict.failing_rows_n) == ("closes_keep_their_source", 1)
    assert all(said in verdict.sample for said in ("SP500.stooq", "6900.5", "6900.0", "2026-01-08"))


def test_a_disagreement_on_a_new_session_is_told_and_an_old_one_is_not_told_again(both: duckdb.DuckDBPyConnection) -> None:
    both.execute("insert into rotation.quality.disagreements values (date '2026-01-09', 'SP500', -7)")
    assert found(both)["series_of_a_chain_agree"] == 1


def test_a_remark_is_no_gate() -> None:
    assert not set(REMARKS) & set(NAMES)


def test_without_a_publication_there_is_nothing_to_compare() -> None:
    with duckdb.connect() as connection:
        assert remark(connection) == []
