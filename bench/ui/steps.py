"""The steps of the trial, in order: what a person does, and the words that must then be on the screen. Not for starting anything (__main__)."""

from collections.abc import Callable
from pathlib import Path

import duckdb
from playwright.sync_api import Page, expect

RUN_MS = 1_800_000  # a whole run, on a machine that has others
SEEN_MS = 60_000
JOB = "/locations/rotation/jobs/rotation"


def _open(page: Page, url: str) -> None:
    page.goto(url, wait_until="domcontentloaded")


def _sees(page: Page, *words: str) -> None:
    for one in words:
        expect(page.get_by_text(one, exact=False).first).to_be_visible(timeout=SEEN_MS)


def _launch(page: Page, address: str, ends: str) -> None:
    """Press the button of the job, open the run it started, and wait for its end."""
    _open(page, f"{address}{JOB}")
    button = page.get_by_role("button", name="Materialize all")
    button.click(timeout=SEEN_MS)
    page.get_by_text("Launched run").first.wait_for(timeout=2 * SEEN_MS)
    _open(page, f"{address}{JOB}/runs")
    run = page.locator("a[href^='/runs/']").first
    run.wait_for(timeout=SEEN_MS)
    _open(page, f"{address}{run.get_attribute('href')}")
    expect(page.get_by_text(ends, exact=True).first).to_be_visible(timeout=RUN_MS)
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
    _sees(page, "sources", "as_of", "accept")


def materialize_all(page: Page, address: str, _: Path) -> None:
    """As `make run`: the whole sample market."""
    _launch(page, address, "Success")


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


def blocked(page: Page, address: str, warehouse: Path) -> None:
    """A close of the past is moved in the working file: the run stops, and says what to do."""
    with duckdb.connect(str(warehouse / "work" / "sample" / "work.duckdb")) as connection:
        connection.execute(
            "update raw.yahoo_bars set close = close * 1.05, high = high * 1.1 where symbol = '^RUT' and session_date = '2025-06-02'"
        )
    _launch(page, address, "Failure")


def blocked_check(page: Page, address: str, _: Path) -> None:
    """The failed check shows its rows as a table, and the cure."""
    _open(page, f"{address}/assets/candidate/warehouse?view=checks&checkDetail=past_values_stay")
    _sees(page, "past_values_stay", "failing rows", "accept")


def backfill(page: Page, address: str, _: Path) -> None:
    """One year, by its partition."""
    _open(page, f"{address}/locations/rotation/jobs/backfill_years/playground")
    _sees(page, "providers")


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
    "blocked": blocked,
    "blocked_check": blocked_check,
    "backfill": backfill,
    "automation": automation,
}
