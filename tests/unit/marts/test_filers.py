"""Real filings through the fundamentals: a US GAAP filer worked by hand, and the time all filers of a quarter take. Not for the readers."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import pytest
from filings import FUNDAMENTALS, INPUTS, VALUATIONS, build, fetched, warehouse
from recorded import REPLAY

pytestmark = pytest.mark.replay
SNOWFLAKE = 1640147
REVENUE, EBIT = "RevenueFromContractWithCustomerExcludingAssessedTax", "OperatingIncomeLoss"

# Thousands of dollars, year to date from 1 February, as the filing of that quarter says: revenue and operating income.
TO_DATE = {
    date(2022, 4, 30): (422_371, -188_766),
    date(2022, 7, 31): (919_619, -396_498),
    date(2022, 10, 31): (1_476_647, -602_517),
    date(2023, 1, 31): (2_065_659, -842_267),
    date(2023, 4, 30): (623_599, -273_238),
    date(2023, 7, 31): (1_297_617, -558_645),
    date(2023, 10, 31): (2_031_790, -819_268),
    date(2024, 1, 31): (2_806_489, -1_094_773),
    date(2024, 4, 30): (828_709, -348_572),
    date(2024, 7, 31): (1_697_532, -703_875),
    date(2024, 10, 31): (2_639_626, -1_069_332),
    date(2025, 1, 31): (3_626_396, -1_456_010),
}
# Quarter end -> the first month end on which its filing was known, and the twelve months by hand: this year to date + last year - last year to date.
BY_HAND = {
    date(2023, 4, 30): (date(2023, 6, 30), 623_599 + 2_065_659 - 422_371, -273_238 - 842_267 + 188_766),
    date(2023, 7, 31): (date(2023, 9, 30), 1_297_617 + 2_065_659 - 919_619, -558_645 - 842_267 + 396_498),
    date(2023, 10, 31): (date(2023, 12, 31), 2_031_790 + 2_065_659 - 1_476_647, -819_268 - 842_267 + 602_517),
    date(2024, 1, 31): (date(2024, 3, 31), 2_806_489, -1_094_773),
    date(2024, 4, 30): (date(2024, 6, 30), 828_709 + 2_806_489 - 623_599, -348_572 - 1_094_773 + 273_238),
    date(2024, 7, 31): (date(2024, 8, 31), 1_697_532 + 2_806_489 - 1_297_617, -703_875 - 1_094_773 + 558_645),
    date(2024, 10, 31): (date(2024, 11, 30), 2_639_626 + 2_806_489 - 2_031_790, -1_069_332 - 1_094_773 + 819_268),
    date(2025, 1, 31): (date(2025, 3, 31), 3_626_396, -1_456_010),
}


def next_weekday(day: date) -> date:
    """Close enough to the next session where only months are asked for."""
    return day + timedelta(days={4: 3, 5: 2}.get(day.weekday(), 1))


@pytest.fixture(scope="module")
def facts() -> list[dict[str, Any]]:
    path = REPLAY / "world" / "sec" / "companyfacts" / f"CIK{SNOWFLAKE:010d}.json.gz"
    if not path.exists():
        pytest.skip("the recorded provider data is not beside this checkout (../shared/replay)")
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        stated = json.load(handle)["facts"]
    rows = []
    for taxonomy, tags in stated.items():
        for tag, told in tags.items():
            for unit, versions in told["units"].items():
                for v in versions:
                    filed, end = date.fromisoformat(v["filed"]), date.fromisoformat(v["end"])
                    start = date.fromisoformat(v.get("start", v["end"]))
                    row = {"cik": SNOWFLAKE, "taxonomy": taxonomy, "tag": tag, "unit": unit, "period_start": start, "period_end": end}
                    row |= {
                        "accession": v["accn"],
                        "value": float(v["val"]),
                        "form": v["form"],
                        "filed_on": filed,
                        "known_on": next_weekday(filed),
                    }
                    rows.append(row)
    return rows


def test_the_numbers_worked_with_are_the_filings_own(facts: list[dict[str, Any]]) -> None:
    for end, stated in TO_DATE.items():
        start = date(end.year - (end.month == 1), 2, 1)
        for tag, thousands in zip((REVENUE, EBIT), stated, strict=True):
            found = {f["value"] for f in facts if f["tag"] == tag and (f["period_start"], f["period_end"]) == (start, end)}
            assert found == {1000.0 * thousands}, (tag, end)


def test_eight_quarter_ends_of_a_filer_are_what_a_hand_adds_up(facts: list[dict[str, Any]], model_sql: Callable[[str], str]) -> None:
    with warehouse(date(2025, 8, 31), stg_sec__facts=facts) as connection:
        build(connection, model_sql, *FUNDAMENTALS)
        columns = "month_end, revenue_end, cast(revenue_usd as bigint), ebit_end, cast(ebit_usd as bigint), ebit_method, revenue_method"
        found = {row[0]: row[1:] for row in fetched(connection, f"select {columns} from int_company_fundamentals_monthly")}
    for end, (month, revenue, ebit) in BY_HAND.items():
        method = "year" if end.month == 1 else "year_to_date"
        assert found[month] == (end, 1000 * revenue, end, 1000 * ebit, "operating_income", method)
        # The month before, it was not known.
        before = max(m for m in found if m < month)
        assert found[before][0] < end


@pytest.fixture
def quarter(replay_world: Path, tmp_path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """All facts of the data set of a quarter, as raw rows say them, with prices and members made up for every filer."""
    with ZipFile(replay_world / "sec" / "fsds" / "2010q2.zip") as archive:
        archive.extractall(tmp_path)
    end = "cast(strptime(ddate, '%Y%m%d') as date)"
    with warehouse(date(2010, 9, 30)) as connection:
        connection.execute(
            f"""create table stated as
            select cik, split_part(version, '/', 1) as taxonomy, tag, uom as unit,
                case when qtrs = 0 then {end} else last_day({end} - to_months(3 * cast(qtrs as integer))) + 1 end as period_start,
                {end} as period_end, adsh as accession, value, form, cast(strptime(cast(filed as varchar), '%Y%m%d') as date) as filed_on,
                coalesce(segments, '') as segments, coalesce(coreg, '') as coregistrant, filed_on + 1 as known_on,
                timestamp '2026-01-01' as pulled_at, 'observed' as provenance, true as is_first, null as raw_no, sic
            from read_csv('{tmp_path}/num.txt', delim='\t', quote='', types={{'ddate': 'VARCHAR', 'segments': 'VARCHAR', 'coreg': 'VARCHAR'}}) as num
            join read_csv('{tmp_path}/sub.txt', delim='\t', quote='') as sub using (adsh)
            where value is not null"""
        )
        month = "date '2010-08-31' as month_end"
        for name, source in {
            "stg_sec__facts": "from stated where segments = '' and coregistrant = ''",
            "stg_sec__segment_facts": "from stated where segments <> ''",
            "stg_sec__filings": "from (select distinct on (accession) * from stated)",
            "stg_sec__companies": "from (select distinct on (cik) *, 'C' || cik as ticker, date '2010-01-04' as snapshot_date from stated)",
            "stg_drop__bars": "from (select distinct on (cik) * exclude known_on, 'C' || cik as symbol, 'R2000' as collection, date '2010-08-31' as session_date, "
            "20.0 as close, 1000 as volume, false as is_partial, null as provider, 'raw' as close_basis, date '2010-08-31' as known_on from stated)",
            "int_memberships_monthly": f"from (select distinct on (cik) * exclude known_on, {month}, 'R2000' as universe_id, 'C' || cik as symbol, null as sector, "
            "'current' as membership_basis, "
            "null as weight_pct, date '2010-08-31' as known_on from stated)",
        }.items():
            connection.execute(f"insert into {name} select {', '.join(INPUTS[name])} {source}")
        connection.execute("insert into int_sessions values (date '2010-08-31')")
        yield connection, tmp_path


@pytest.mark.slow
def test_a_quarter_of_all_filers_is_valued_in_ten_scans_of_its_files(
    quarter: tuple[duckdb.DuckDBPyConnection, Path], model_sql: Callable[[str], str], record_property: Callable[[str, object], None]
) -> None:
    connection, folder = quarter

    def scan() -> None:
        for name in ("sub", "num", "tag", "pre"):
            fetched(
                connection, f"select count(*), max(columns(*)) from read_csv('{folder / name}.txt', delim='\t', quote='', all_varchar=true)"
            )

    def seconds(work: Callable[[], None]) -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    scanned = min(seconds(scan) for _ in range(3))
    valued = min(seconds(lambda: build(connection, model_sql, *FUNDAMENTALS, *VALUATIONS)) for _ in range(3))
    record_property("seconds", {"scan": scanned, "facts_to_valuations": valued})
    print(f"scan {scanned:.3f} s, facts to valuations {valued:.3f} s: {valued / scanned:.1f} times")
    ((members, missing),) = fetched(connection, "select n_used + n_missing, n_missing from int_valuations_from_filings where metric = 'pb'")
    assert members > 480
    assert missing < members / 3
    assert valued < 10 * scanned
