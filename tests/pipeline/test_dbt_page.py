"""The dbt documentation is one file that asks nobody: descriptions, readers and lineage are in it. Opened in the machine's Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from pipelines.docs import dbt_page
from pipelines.resources.dbt import TARGET, ensure_manifest
from pipelines.settings import load_settings

CHROMIUM = Path("/usr/bin/chromium")
NO_REQUEST = ("file:", "data:", "blob:", "about:")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not there: the page is only opened where Chromium is installed")
    folder = tmp_path_factory.mktemp("dbt")
    for name in (ensure_manifest(load_settings()).name, "partial_parse.msgpack"):  # what `make setup` has read of the project
        shutil.copyfile(TARGET / name, folder / name)
    return dbt_page(folder).as_uri()


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """An empty page, and afterwards: nothing outside the file was asked for."""
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("requestfailed", lambda request: asked.append(request.url))
        yield page
        browser.close()
    assert address.split("/")[-1] in asked[0]
    assert [url for url in asked if not url.startswith(NO_REQUEST)] == []


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("model/model.rotation.fct_breadth_daily", "How many members of a universe take part in a move, by session."),
        ("source/source.rotation.raw.yahoo_bars", "Yahoo daily bars as the provider sends them"),
        ("exposure/exposure.rotation.assistants", "the answer of the day, definitions and freshness"),
        ("exposure/exposure.rotation.superset_dashboard", "The dashboard to import into Superset"),
    ],
)
def test_sources_models_and_readers_are_described(page: Page, address: str, where: str, words: str) -> None:
    page.goto(f"{address}#!/{where}")
    expect(page.get_by_text(words).first).to_be_visible(timeout=60_000)


def test_the_lineage_of_a_model_is_drawn(page: Page, address: str) -> None:
    page.goto(f"{address}#!/model/model.rotation.fct_breadth_daily?g_v=1&g_i=%2Bfct_breadth_daily%2B")
    expect(page.get_by_text("Lineage Graph").first).to_be_visible(timeout=60_000)
    drawn = page.locator("canvas").last
    expect(drawn).to_be_visible(timeout=60_000)
    ink = """canvas => {
        const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
        return all.filter((value, n) => n % 4 == 3 && value > 0).length
    }"""
    page.wait_for_timeout(2000)
    assert max(page.locator("canvas").nth(n).evaluate(ink) for n in range(page.locator("canvas").count())) > 1000
