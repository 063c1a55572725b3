"""Gate 2: raw data that gate 1 let by, or that came to harm since, breaks a dbt test. The test is named, nothing is published."""

import duckdb
import pytest
from worlds import fingerprints, publish, rows, work_file

from pipelines.settings import Settings

pytestmark = pytest.mark.slow

# Rows that no provider sends, written past gate 1: a day on which bonds rest and shares trade, a universe nobody knows.
SPREAD = "('BAA10Y', date '2025-11-11', -30.0, date '2025-11-12', timestamp '2025-11-12', null, 'tampered', 'simulated')"
HARM = {
    "marts.fct_rates_daily": (
        f"insert into raw.fred_observations values {SPREAD}",
        "fct_rates_daily_rows_hold",
        "fct_rates_daily.yml",
    ),
    "marts.fct_valuation_monthly": (
        "insert into raw.drop_valuations select * replace ('NOWHERE' as universe_id, 'tampered' as run_id) from raw.drop_valuations limit 1",
        "relationships_fct_valuation_monthly",
        "fct_valuation_monthly.yml",
    ),
}


@pytest.mark.parametrize("table", HARM)
def test_a_failed_dbt_test_closes_gate_2(sample: Settings, table: str) -> None:
    harm, test, defined = HARM[table]
    with duckdb.connect(str(work_file(sample.warehouse))) as connection:
        connection.execute(harm)
        day = connection.execute("select as_of_date from raw.clock_day").fetchall()[0][0]
    before = fingerprints(sample.warehouse)

    outcome = publish(day)

    assert not outcome.is_published
    assert fingerprints(sample.warehouse) == before
    # table, expectation, finding and cure
    message = next(m for m in outcome.failures if test in m)
    assert all(said in message for said in (table, "Got 1 result", defined, "compiled")), message
    failed = rows(
        work_file(sample.warehouse),
        f"select gate, table_name, check_name, severity, failing_rows_n from quality.check_results where run_id = '{outcome.run_id}' and not passed",
    )
    assert [(gate, on, name.startswith(test), severity, n) for gate, on, name, severity, n in failed] == [
        ("gate 2", table, True, "block", 1)
    ]
    blocked = rows(work_file(sample.warehouse), f"select gate, reason from quality.blocked_runs where run_id = '{outcome.run_id}'")
    assert [(gate, test in reason) for gate, reason in blocked] == [("gate 2", True)]
