"""The steps of the trial, in order: what a person does, and the words that must then be on the screen. Not for starting anything (__main__)."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from playwright.sync_api import Page, expect

RUN_MS = 1_800_000  # a whole run, on a machine that has others
SEEN_MS = 60_000
RUN_COMES_S = 120
JOB = "/locations/rotation/jobs/rotation"
BACKFILL = "/locations/rotation/jobs/backfill_years"
SENSOR = "/locations/rotation/sensors/drop_folder"
YEAR = 2024
A_YEAR = f"select symbol, session_date, close from raw.stooq_bars where year(session_date) = {YEAR} order by all"


def _open(page: Page, url: str) -> None:
    page.goto(url, wait_until="domcontentloaded")


def _sees(page: Page, *words: str) -> None:
    for one in words:
        expect(page.get_by_text(one, exact=False).first).to_be_visible(timeout=SEEN_MS)


def _working(warehouse: Path) -> Path:
    return warehouse / "work" / "sample" / "work.duckdb"


def _launch(page: Page, address: str) -> None:
    """Press the button of the job."""
    _open(page, f"{address}{JOB}")
    page.get_by_role("button", name="Materialize all").click(timeout=SEEN_MS)
    page.get_by_text("Launched run").first.wait_for(timeout=2 * SEEN_MS)


def _launch_year(page: Page, address: str, year: int) -> None:
    """Choose a year's partition, and launch it."""
    _open(page, f"{address}{BACKFILL}/partitions")
    page.get_by_role("button", name="Launch backfill…").click(timeout=SEEN_MS)
    page.get_by_text("Select a partition or create one").click(timeout=SEEN_MS)
    page.get_by_placeholder("Filter partitions").fill(str(year))
    page.get_by_role("menuitem").filter(has_text=str(year)).last.click(timeout=SEEN_MS)
    page.get_by_text("Launch backfill_years backfill").click(force=True)  # out of the list, which lies over the button
    page.get_by_text("Completed (").click()  # a year done in an earlier trial, too: Dagster's memory is the checkout's
    page.get_by_role("button", name="Submit 1 run").click(timeout=SEEN_MS)
    page.get_by_text("Launch backfill_years backfill").wait_for(state="hidden", timeout=SEEN_MS)


def _newest(page: Page, address: str, job: str) -> str | None:
    """Where the newest run of a job is shown; none before the first."""
    _open(page, f"{address}/locations/rotation/jobs/{job}/runs")
    page.get_by_text("Created at").or_(page.get_by_text("No runs")).first.wait_for(timeout=SEEN_MS)
    run = page.locator("a[href^='/runs/']").first
    return run.get_attribute("href") if run.is_visible() else None


def _open_newest(page: Page, address: str, job: str, after: str | None = None) -> None:
    """Open the newest run of a job, once there is one that is not `after`."""
    for _ in range(RUN_COMES_S):
        run = _newest(page, address, job)
        if run and run != after:
            _open(page, f"{address}{run}")
            return
        page.wait_for_timeout(1000)
    raise AssertionError(f"no new run of {job} within {RUN_COMES_S} s")


def _ends(page: Page, how: str) -> None:
    """Wait for the end of the run that is open."""
    expect(page.get_by_text(how, exact=True).first).to_be_visible(timeout=RUN_MS)
    page.wait_for_timeout(3000)


def catalog(page: Page, address: str, _: Path) -> None:
    _open(page, f"{address}/assets")
    _sees(page, "Assets", "raw", "marts")


def raw_asset(page: Page, address: str, _: Path) -> None:
    """A raw table tells what it is, its columns, and its deadline, before anything has run."""
    _open(page, f"{address}/assets/raw/yahoo_bars")
    _sees(page, "Yahoo daily bars as the provider sends them", "Provider's symbol, as in the series catalogue", "Freshness policy")


def launchpad(page: Page, address: str, _: Path) -> None:
    """The form of a run: what can be asked for, filled in."""
    _open(page, f"{address}{JOB}/playground")
    _sees(page, "sources", "as_of", "force", "accept")


def materialize_all(page: Page, address: str, _: Path) -> None:
    """As `make run`: the whole sample market."""
    before = _newest(page, address, "rotation")
    _launch(page, address)
    _open_newest(page, address, "rotation", before)
    _ends(page, "Success")


def published(page: Page, address: str, _: Path) -> None:
    """The answer stands at the published warehouse, marked as simulated."""
    _open(page, f"{address}/assets/published/warehouse")
    _sees(page, "SIMULATED as of", "In the simulated market")


def mart(page: Page, address: str, _: Path) -> None:
    _open(page, f"{address}/assets/marts/fct_relative_performance_daily")
    _sees(page, "Small against large for every pair", "layer: marts", "Row count")


def checks(page: Page, address: str, _: Path) -> None:
    _open(page, f"{address}/assets/candidate/warehouse?view=checks")
    _sees(page, "past_values_stay")


def backfill(page: Page, address: str, warehouse: Path) -> None:
    """A year of one witness is taken out of the working file, as if it had never been asked for; its partition brings back every row."""
    with duckdb.connect(str(_working(warehouse))) as connection:
        before = connection.sql(A_YEAR).fetchall()
        connection.execute(f"delete from raw.stooq_bars where year(session_date) = {YEAR}")
        connection.execute("delete from quality.asked_spans where source = 'stooq'")
    run = _newest(page, address, "backfill_years")
    _launch_year(page, address, YEAR)
    _open_newest(page, address, "backfill_years", run)
    _ends(page, "Success")
    _sees(page, "answers fetched", "new rows")
    with duckdb.connect(str(_working(warehouse)), read_only=True) as connection:
        after = connection.sql(A_YEAR).fetchall()
    if after != before or not before:
        raise AssertionError(f"the backfill of {YEAR} brought back {len(after)} rows, and {len(before)} others had been there")


def partitions(page: Page, address: str, _: Path) -> None:
    """The year is marked as done among the others."""
    _open(page, f"{address}{BACKFILL}/partitions")
    _sees(page, "Total partitions", "Missing partitions")
    counted = {what: int(n) for n, what in re.findall(r"(\d+)\s+(Total|Failed|Missing) partitions", page.inner_text("body"))}
    if not counted["Missing"] < counted["Total"] or counted["Failed"]:
        raise AssertionError(f"expected a year that is done and none that failed, found {counted}")


def at_work(page: Page, address: str, warehouse: Path) -> None:
    """A close of the past is moved in the working file, and the job is started."""
    with duckdb.connect(str(_working(warehouse))) as connection:
        connection.execute(
            "update raw.yahoo_bars set close = close * 1.05, high = high * 1.1 where symbol = '^RUT' and session_date = '2025-06-02'"
        )
    before = _newest(page, address, "rotation")
    _launch(page, address)
    _open_newest(page, address, "rotation", before)
    expect(page.get_by_text("Started", exact=True).first).to_be_visible(timeout=SEEN_MS)


def queued(page: Page, address: str, _: Path) -> None:
    """A second run of the same files is not refused: it waits for the first."""
    _launch_year(page, address, YEAR - 1)
    _open(page, f"{address}/runs")
    expect(page.get_by_text("Queued (1)").first).to_be_visible(timeout=SEEN_MS)
    page.get_by_text("Queued (1)").first.click()
    _sees(page, "backfill_years")


def blocked(page: Page, address: str, _: Path) -> None:
    """The run stops, and says what to do."""
    _open_newest(page, address, "rotation")
    _ends(page, "Failure")
    page.get_by_text("check_the_candidate", exact=True).last.click(timeout=SEEN_MS)
    page.wait_for_timeout(3000)
    _sees(page, "past_values_stay")


def blocked_check(page: Page, address: str, _: Path) -> None:
    """The failed check shows its rows as a table, and the cure."""
    _open(page, f"{address}/assets/candidate/warehouse?view=checks&checkDetail=past_values_stay")
    _sees(page, "past_values_stay", "failing rows", "accept")


def queue_moves_on(page: Page, address: str, _: Path) -> None:
    """The run that waited went by itself when the first had ended."""
    _open_newest(page, address, "backfill_years")
    _ends(page, "Success")
    _sees(page, "new rows")


def dropped(page: Page, address: str, warehouse: Path) -> None:
    """The sensor is switched on, a file dropped: the next tick asks for a run."""
    folder = warehouse / "drop" / "bars" / "instruments"
    folder.mkdir(parents=True, exist_ok=True)
    bar = f"R1000,2026-01-09,100,101,99,100.5,{int(time.time())}"  # another file each time: the sensor asks once for each
    (folder / "R1000.csv").write_text(f"symbol,date,open,high,low,close,volume\n{bar}\n", encoding="utf-8")
    before = _newest(page, address, "rotation")
    _switch(page, address, on=True)
    try:
        _open_newest(page, address, "rotation", before)
        _sees(page, "Launched by drop_folder")
    finally:
        _switch(page, address, on=False)  # it is the checkout's: its owner had it off
    _sees(page, "1 run requested")


def _switch(page: Page, address: str, on: bool) -> None:
    _open(page, f"{address}{SENSOR}")
    switch = page.get_by_role("checkbox").first
    switch.wait_for(state="attached", timeout=SEEN_MS)
    if switch.is_checked() != on:
        page.locator("label", has=switch).click()  # the box itself lies outside the window, the label draws it
    expect(switch).to_be_checked(checked=on, timeout=SEEN_MS)


def no_provider_answers(page: Page, address: str, _: Path) -> None:
    """The sensor's run asks the live market. Here nobody answers (__main__), so it fails, and says what to do."""
    _open_newest(page, address, "rotation")
    _ends(page, "Failure")
    _sees(page, "Launched by drop_folder")
    page.get_by_text("land_fred", exact=True).last.click(timeout=SEEN_MS)
    page.wait_for_timeout(3000)
    _sees(page, "Check the network")


def automation(page: Page, address: str, _: Path) -> None:
    _open(page, f"{address}/automation")
    _sees(page, "after_the_close", "drop_folder")


STEPS: dict[str, Callable[[Page, str, Path], None]] = {
    "catalog": catalog,
    "raw_asset": raw_asset,
    "launchpad": launchpad,
    "materialize_all": materialize_all,
    "published": published,
    "mart": mart,
    "checks": checks,
    "backfill": backfill,
    "partitions": partitions,
    "at_work": at_work,
    "queued": queued,
    "blocked": blocked,
    "blocked_check": blocked_check,
    "queue_moves_on": queue_moves_on,
    "dropped": dropped,
    "no_provider_answers": no_provider_answers,
    "automation": automation,
}
