"""The page in a real browser: phone, laptop and paper, light and dark, by keyboard, with nothing asked of anybody. Not for its numbers (test_page.py)."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page import PICTURES
from page_faults import CUT_ON_PAPER, FAULTS, PARTED, PUSHED, SPLIT_ON_PAPER, WIDTHS
from worlds import published

from pipelines.report.page.colours import DARK, LIGHT
from pipelines.resources.publication import REPORT

pytestmark = pytest.mark.slow
PAPER = 703  # A4 less its margins, in pixels
SIZES = {"phone": (390, 844), "laptop": (1280, 800)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"],
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def file(sample_at_once: Path) -> Path:
    return published(sample_at_once).folder / REPORT


class Visit:
    """A page that is looked at, with all it says and asks on the way."""

    def __init__(self, browser: Any, file: Path, size: str, scheme: str) -> None:
        width, height = SIZES[size]
        self.context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda m: self.said.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.said.append(f"error: {e}"))
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.goto(file.as_uri())

    def read_to_the_end(self) -> None:
        for key in PICTURES:
            self.page.locator(f"[data-chart={key}]").scroll_into_view_if_needed()
            self.page.wait_for_selector(f"[data-chart={key}][data-drawn=yes]")


@pytest.fixture
def visit(browser: Any, file: Path) -> Iterator[Any]:
    visits: list[Visit] = []

    def go(size: str = "laptop", scheme: str = "light") -> Visit:
        visits.append(Visit(browser, file, size, scheme))
        return visits[-1]

    yield go
    for one in visits:
        one.context.close()


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_shows_all_of_itself_and_asks_nobody(size: str, scheme: str, visit: Any, file: Path) -> None:
    looked = visit(size, scheme)
    looked.read_to_the_end()
    assert looked.page.evaluate(FAULTS) == []
    assert looked.said == []
    assert looked.asked == [file.as_uri()]
    ground = looked.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == rgb((LIGHT if scheme == "light" else DARK)["paper"])


def test_on_a_phone_no_table_is_cut_that_could_fit_and_names_stay_where_one_is_pushed(visit: Any) -> None:
    page = visit("phone").page
    pushed = page.evaluate(PUSHED)
    assert len(pushed) > 10
    assert {p["panel"] for p in pushed if p["by"] < 1.1} == set()
    assert {p["panel"] for p in pushed} & {"horizons", "scorecard", "flags", "changes"} == set()
    assert {p["panel"] for p in pushed if not (p["stay"] and p["above"])} == set()
    assert max(p["share"] for p in pushed) < 0.5
    assert not page.locator("#horizons th.spare").is_visible()


@pytest.mark.parametrize("screen", [(390, 844), (1366, 768)], ids=str)
def test_the_first_screen_says_how_sure_and_leads_to_why(screen: tuple[int, int], visit: Any) -> None:
    page = visit().page
    width, height = screen
    page.set_viewport_size({"width": width, "height": height})
    for key, words in (("scorecard", "higher than on"), ("flags", "raised"), ("changes", "→")):
        part = page.locator(f".strip a[href='#{key}']")
        assert words in part.text_content()
        box = part.bounding_box()
        assert box["y"] > page.locator("#headline").bounding_box()["y"]
        assert box["y"] + box["height"] <= height
        assert box["x"] + box["width"] <= width
    page.locator(".strip a[href='#flags']").click()
    page.wait_for_function(
        "() => { const box = document.getElementById('flags').getBoundingClientRect(); return box.top >= 0 && box.top < 200; }"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_it_is_light_and_nothing_is_cut(scheme: str, visit: Any) -> None:
    looked = visit("laptop", scheme)
    looked.read_to_the_end()
    assert max(looked.page.evaluate(WIDTHS)) > PAPER
    looked.page.evaluate("dispatchEvent(new Event('beforeprint'))")  # as printing does, before it sets the page
    assert max(looked.page.evaluate(WIDTHS)) <= PAPER  # else all words in them would shrink
    looked.page.emulate_media(media="print", color_scheme=scheme)
    looked.page.set_viewport_size({"width": PAPER, "height": 1000})
    assert looked.page.evaluate("getComputedStyle(document.body).backgroundColor") == rgb(LIGHT["paper"])
    assert looked.page.evaluate(CUT_ON_PAPER) == []
    assert looked.page.evaluate(SPLIT_ON_PAPER) == []
    assert looked.page.evaluate(PARTED) == []  # heading, legend and picture stay together
    assert looked.page.locator(".age").is_visible()  # the sample's day is long past
    assert not looked.page.locator("#freshness").is_visible()  # a heading whose table only a screen opens
    assert not looked.page.locator("nav").is_visible()
    assert looked.page.locator("text=SIMULATED MARKET.").first.is_visible()
    assert len(looked.page.pdf(prefer_css_page_size=True)) > 100_000


def test_without_scripts_the_pictures_and_tables_are_there(browser: Any, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator(".chart svg").count() == len(PICTURES)
    page.locator("#relative details.data summary").click()
    assert page.locator("#relative table").is_visible()
    context.close()


def test_choosing_a_horizon_changes_picture_and_table(visit: Any) -> None:
    page = visit().page
    page.locator("[data-chart=pairs]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-chart=pairs][data-drawn=yes]")
    before = page.locator("[data-chart=pairs] svg").text_content()
    page.locator(".horizons[data-section=performance] input[value='5y']").check()
    page.wait_for_function("before => document.querySelector('[data-chart=pairs] svg').textContent !== before", arg=before)
    assert "5y, percentage points" in page.locator("[data-chart=pairs] svg").text_content()
    assert "horizon 5y" in page.locator("#pairs .meta").text_content()
    page.locator("#pairs details.data summary").click()
    shown = page.locator("#pairs tbody tr:visible")
    assert shown.count() > 0
    assert {row.locator("td").nth(1).text_content() for row in shown.all()} == {"5y"}
    told = shown.first.locator("data").nth(2).text_content()
    assert told[:4].replace("−", "-") in page.locator("[data-chart=pairs] svg").text_content().replace("−", "-")


def test_pointing_at_a_picture_tells_its_values(visit: Any) -> None:
    page = visit().page
    page.wait_for_selector("[data-chart=relative][data-drawn=yes]")
    box = page.locator("[data-chart=relative] svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2)
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert "relative strength" in page.locator("#vg-tooltip-element").text_content()


@pytest.mark.parametrize("key", ["relative", "pairs"])
def test_a_tap_tells_the_values_and_scrolling_takes_them_away(key: str, browser: Any, file: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(file.as_uri())
    page.locator(f"[data-chart={key}]").scroll_into_view_if_needed()
    page.wait_for_selector(f"[data-chart={key}][data-drawn=yes]")
    page.wait_for_timeout(300)  # the browser may still be scrolling there
    mark = page.locator(f"[data-chart={key}] {'.mark-rect path' if key == 'pairs' else 'svg'}").first.bounding_box()
    page.touchscreen.tap(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert ("percentage points" if key == "pairs" else "relative strength") in page.locator("#vg-tooltip-element").text_content()
    page.evaluate("scrollBy({ top: 300, behavior: 'instant' })")
    page.wait_for_selector("#vg-tooltip-element:not(.visible)", state="attached")
    context.close()


def test_the_theme_is_chosen_by_hand_and_pictures_follow(visit: Any) -> None:
    page = visit("laptop", "light").page
    page.wait_for_selector("[data-chart=relative][data-drawn=yes]")
    page.locator("input[name=theme][value=dark]").check()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == rgb(DARK["paper"])
    assert rgb(DARK["ink"]) in page.evaluate(
        "[...document.querySelectorAll('[data-chart=relative] path')].map(p => getComputedStyle(p).stroke)"
    )


def test_sql_is_copied_by_a_button_and_runs(visit: Any) -> None:
    looked = visit()
    page = looked.page
    looked.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#relative .copy").click()
    page.wait_for_selector("#relative .copy:has-text('Copied')")
    copied = page.evaluate("navigator.clipboard.readText()")
    pieces = [p.strip() for p in copied.split(";") if p.strip()]
    assert pieces == [c.text_content() for c in page.locator("#relative code[data-sql]").element_handles()]
    assert "marts.fct_rotation_daily" in pieces[0]


def test_the_keyboard_reaches_everything(visit: Any) -> None:
    page = visit().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0  # shown when reached
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("input[name=theme]").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator("#horizons details.sql summary").focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    assert page.locator("#horizons pre").is_visible()
    page.locator("#horizons .copy").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#horizons .copy:has-text('Copied')")
    reached = page.evaluate(
        "[...document.querySelectorAll('button, summary, input, a[href], [tabindex=\"0\"]')].filter(e => e.tabIndex < 0).length"
    )
    assert reached == 0
