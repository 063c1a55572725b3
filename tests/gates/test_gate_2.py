"""Gate 2: raw data that gate 1 let by, or that came to harm since, breaks a dbt test or a contract. It is named, nothing is published."""

import duckdb
import pytest
from worlds import AT_ONCE, fingerprints, publish, rows, work_file

from pipelines.settings import Settings

pytestmark = pytest.mark.slow

# Rows that no provider sends, written past gate 1: a rate of a series that has ended, a universe nobody knows. By table: the harm, the
# test that must fail, the file its message must name.
RATE = "('DFEDTAR', date '2008-12-17', -30.0, date '2008-12-17', timestamp '2008-12-17', null, 'tampered', 'simulated', true)"
HARM = {
    "marts.fct_rates_daily": (
        f"insert into raw.fred_observations values {RATE}",
        "fct_rates_daily_rows_hold",
        "fct_rates_daily.yml",
    ),
    "marts.fct_valuation_monthly": (
        "insert into raw.drop_valuations select * replace ('NOWHERE' as universe_id, 'tampered' as run_id) from raw.drop_valuations limit 1",
        "relationships_fct_valuation_monthly",
        "fct_valuation_monthly.yml",
    ),
}
# A target without a symbol: the table's contract says that there is none, and dbt stops while it builds it.
NAMELESS = "insert into raw.drop_targets select * replace (null as symbol, 'tampered' as run_id) from raw.drop_targets limit 1"


def test_failed_dbt_tests_and_contracts_close_gate_2(sample: Settings) -> None:
    with duckdb.connect(str(work_file(sample.warehouse))) as connection:
        for harm in (*(h for h, _, _ in HARM.values()), NAMELESS):
            connection.execute(harm)
    before = fingerprints(sample.warehouse)

    outcome = publish(AT_ONCE)

    assert not outcome.is_published
    assert fingerprints(sample.warehouse) == before
    work, run = work_file(sample.warehouse), outcome.run_id
    failed = rows(work, f"select gate, table_name, check_name, severity from quality.check_results where run_id = '{run}' and not passed")
    blocked = rows(work, f"select gate, reason from quality.blocked_runs where run_id = '{run}'")
    assert len(failed) == len(HARM)
    assert len(blocked) == len(HARM) + 1
    contract = next(reason for gate, reason in blocked if "fct_target_upside" in reason)
    assert "NOT NULL constraint failed" in contract
    assert ".symbol" in contract
    assert any("fct_target_upside" in m and "NOT NULL constraint failed" in m for m in outcome.failures)
    for table, (_, test, defined) in HARM.items():
        assert any((gate, on, severity) == ("gate 2", table, "block") and name.startswith(test) for gate, on, name, severity in failed)
        assert any(gate == "gate 2" and test in reason for gate, reason in blocked)
        # table, expectation, finding and cure
        message = next(m for m in outcome.failures if test in m)
        assert all(said in message for said in (table, "Got 1 result", defined, "compiled")), message
    assert not rows(work, f"select 1 from quality.check_results where run_id = '{run}' and gate = 'gate 3'")
