"""Gate 1 on the drop folder: one bad file of each kind beside a good one. The bad are set aside whole, with reason and cure; the run publishes."""

from datetime import date
from pathlib import Path

import pytest
from worlds import once, publish, rows, work_file, working_in

from bench.clone import clone

pytestmark = pytest.mark.slow
AS_OF = date(2026, 1, 9)  # the copy it runs on is published as of 2 January

TARGETS = "date,ticker,price,target_mean,target_high,target_low,target_date\n"
CONSENSUS = "captured_on,universe_id,period,sector,earnings_base,earnings_expected,growth_pct,source_id\n"
FUNDAMENTALS = "period_end,universe_id,measure,value,source_id,published_on\n"
EVENTS = "event_id,kind,date,is_scheduled,title,announced_on,withdrawn_on\n"
BARS = "Date,Symbol,Open,High,Low,Close,Volume\n"
CALM = "".join(f"2026-01-{day},GOOD_{{0}},10,10.2,9.9,10.1,1000000\n" for day in ("02", "05", "06", "07", "08"))
TRIPLED = "2026-01-09,GOOD_{0},21,32,20,30.3,40000000\n"
GOOD_LINE = {  # with the file's name in the key: one key in two files would fail both
    "targets": "2026-01-08,GOOD_{0},20,25,30,18,2025-12-01\n",
    "consensus": "2026-01-08,R2000,2026Q1,all,10,11,,desk_{0}\n",
    "fundamentals": "2025-11-30,R2000,debt_due_1y_pct,12,desk_{0},2026-01-08\n",
    "bars": CALM,
    "events": "good_{0},policy,2026-02-01,true,Good,2026-01-08,\n",
}
# By file: header, the line that is wrong, the only check that must fail, words its message must hold.
POISON = {
    "targets/POISON/negative.csv": (TARGETS, "2026-01-08,BAD_{0},20,-25,,,\n", "values_in_limits", "target_mean"),
    "targets/POISON/swapped.csv": (TARGETS, "2026-01-08,BAD_{0},20,25,18,30,\n", "targets_in_order", "Columns swapped"),
    "targets/POISON/ahead.csv": (
        TARGETS,
        "2026-01-08,BAD_{0},20,25,30,18,2026-01-09\n",
        "target_before_capture",
        "target_date or captured_on",
    ),
    "targets/POISON/twice.csv": (TARGETS, "2026-01-08,GOOD_twice,20,26,30,18,\n", "key_is_unique", "doubled lines"),
    "bars/R2000/split.csv": (BARS, "2026-01-09,GOOD_{0},101,103,99,102,100000\n", "no_missed_split", "supply adjusted bars"),
    "consensus/one_sum.csv": (CONSENSUS, "2026-01-08,R2000,2026Q2,all,10,,5,desk\n", "growth_can_be_told", "both in one unit"),
    "fundamentals/share.csv": (
        FUNDAMENTALS,
        "2025-12-31,R2000,debt_due_1y_pct,112,desk_{0},\n",
        "value_fits_its_measure",
        "percent of a whole",
    ),
    "fundamentals/early.csv": (FUNDAMENTALS, "2025-12-31,R2000,debt_due_1y_pct,12,desk_{0},2025-12-30\n", "period_is_over", "published_on"),
    "events/late.csv": (EVENTS, "bad,policy,2026-01-07,true,Bad,2026-01-08,\n", "event_is_announced_in_time", "announced_on"),
}
# What the reader already refuses, by file: the words of the reason, and the cell that is listed.
UNREADABLE = {
    "targets/POISON/future.csv": (TARGETS, "2099-01-08,BAD_{0},20,25,,,\n", "lies in the future", "2099-01-08"),
    "consensus/period.csv": (CONSENSUS, "2026-01-08,R2000,Q1 2026,all,10,11,,desk\n", "is not of the form", "Q1 2026"),
    "fundamentals/measure.csv": (FUNDAMENTALS, "2025-12-31,R2000,leverage,3,desk,\n", "is none of", "leverage"),
    "events/maybe.csv": (EVENTS, "bad,policy,2026-02-01,maybe,Bad,,\n", "neither true nor false", "maybe"),
}


@pytest.fixture(scope="module")
def poisoned(sample_at_once: Path, shelf: Path) -> Path:
    def make(folder: Path) -> None:
        warehouse = clone(sample_at_once, folder / "warehouse")
        drop = warehouse / "work" / "sample" / "drop"
        for name, (header, line, *_) in (POISON | UNREADABLE).items():
            (drop / name).parent.mkdir(parents=True, exist_ok=True)
            (drop / name).write_text(header + (GOOD_LINE[name.split("/")[0]] + line).format(Path(name).stem))
        (drop / "bars/R2000/tripled.csv").write_text(BARS + (CALM + TRIPLED).format("tripled"))
        with working_in(warehouse):
            outcome = publish(AS_OF)
        assert outcome.is_published, outcome.failures
        (folder / "run_id").write_text(outcome.run_id)
        (folder / "told").write_text("\n".join(outcome.warnings))

    return once(shelf / "poisoned_drops", make)


@pytest.mark.parametrize("name", POISON)
def test_a_file_that_fails_a_check_is_set_aside_whole_with_reason_and_cure(poisoned: Path, name: str) -> None:
    _, line, check, says = POISON[name]
    warehouse, run = poisoned / "warehouse", (poisoned / "run_id").read_text()
    table = f"drop_{name.split('/')[0]}"
    aside = warehouse / "quarantine" / "drop" / run / name
    reason = aside.with_name(aside.name + ".reason.txt").read_text()
    assert aside.read_text().endswith(line.format(Path(name).stem))
    assert not (warehouse / "work" / "sample" / "drop" / name).exists()
    assert all(said in reason for said in (name, f"raw.{table}", check, says)), reason
    work = work_file(warehouse)
    failing = rows(work, f"select distinct split_part(reason, ':', 1) from quality.quarantine where source = '{name}' and run_id = '{run}'")
    assert len(failing) == 1
    failed = rows(work, f"select table_name, check_name from quality.check_results where not passed and run_id = '{run}'")
    assert (f"raw.{table}", check) in failed
    quarantined = rows(work, f"select reason from quality.quarantine where source = '{name}' and run_id = '{run}'")
    assert any(told.startswith(check) for (told,) in quarantined)
    assert check in (poisoned / "told").read_text()


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused_whole_with_the_cell(poisoned: Path, name: str) -> None:
    _, _, says, cell = UNREADABLE[name]
    warehouse, run = poisoned / "warehouse", (poisoned / "run_id").read_text()
    aside = warehouse / "quarantine" / "drop" / run / name
    listed = aside.with_name(aside.name + ".problems.csv").read_text()
    assert says in listed
    assert listed.splitlines()[1].startswith("3,")
    assert cell in listed
    assert aside.exists()


def test_a_company_that_triples_is_no_missed_split(poisoned: Path) -> None:
    work = work_file(poisoned / "warehouse")
    assert rows(work, "select close from raw.drop_bars where symbol = 'GOOD_tripled' and session_date = date '2026-01-09'") == [(30.3,)]
    assert rows(work, "select count(*) from raw.drop_bars where symbol = 'GOOD_split'") == [(0,)]


def test_nothing_of_a_bad_file_is_merged_its_good_lines_neither(poisoned: Path) -> None:
    work = work_file(poisoned / "warehouse")
    assert rows(work, "select count(*) from raw.drop_targets where list_id = 'POISON'") == [(0,)]
    assert rows(work, "select count(*) from raw.drop_consensus where source_id like 'desk%'") == [(0,)]
    assert rows(work, "select count(*) from raw.drop_fundamentals where source_id like 'desk%'") == [(0,)]
    assert rows(work, "select count(*) from raw.drop_events where event_id = 'bad' or event_id like 'good%'") == [(0,)]
