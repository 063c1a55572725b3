"""The page of a publication: its numbers are the marts', its SQL gives them, it asks nobody, and it says what it is."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from page import PANELS, PICTURES, Shown, rows_of
from worlds import AT_ONCE, published, working_in

from pipelines.report.answer import read_answer
from pipelines.report.page.html import written
from pipelines.resources.publication import REPORT

pytestmark = pytest.mark.slow
HEADLINE_PAIR = "small_id = 'R2000' and large_id = 'SP500' and session_date = date '2026-01-02'"
# Written here by hand, not taken from the page: what its tables must show.
MARTS = {
    "horizons": f"select excess_pp from marts.fct_relative_performance_daily where horizon = 'ytd' and {HEADLINE_PAIR}",
    "scorecard": "select score from marts.fct_scorecard_daily where component = 'total' and session_date = date '2026-01-02'",
    "flags": "select value from marts.fct_risk_flags_daily where flag = 'overbought' and session_date = date '2026-01-02'",
    "relative": f"select relative_strength from marts.fct_rotation_daily where {HEADLINE_PAIR}",
    "participation": "select pct_above_sma_200 from marts.fct_breadth_daily where universe_id = 'R2000' and session_date = date '2026-01-02'",
    "discounts": "select discount_pct from marts.fct_discount_monthly where small_universe_id = 'R2000' and large_universe_id = 'SP500' and metric = 'pb' "
    "and small_source_id = 'rotation_filings' and known_on <= date '2026-01-02' order by month_end desc limit 1",
    "rates": "select value_pct from marts.fct_rates_daily where series_id = 'DGS10' and session_date <= date '2026-01-02' order by session_date desc limit 1",
    "credit": "select value from marts.fct_credit_daily where series_id = 'BAA10Y' and date <= date '2026-01-02' order by date desc limit 1",
    "levels": "select close from marts.fct_technicals_daily where instrument_id = 'R2000' and session_date = date '2026-01-02'",
    "wins": "select win_rate_pct from marts.fct_size_premium_win_rate where definition = 'smb' and is_newest_vintage and is_whole_file",
    "earnings": "select growth_pct from marts.fct_earnings_growth where universe_id = 'SP500' and source_id = 'SIMULATED_VENDOR' order by captured_on desc limit 1",
    "quality_split": "select return_pct from marts.fct_quality_split_daily where universe_id = 'R2000' and cohort = 'earners' and horizon = '1y' "
    "and session_date = date '2026-01-02'",
}


@pytest.fixture(scope="module")
def page(sample_at_once: Path) -> Shown:
    publication = published(sample_at_once)
    return Shown((publication.folder / REPORT).read_text(encoding="utf-8"), publication.database)


def test_it_is_part_of_the_publication_and_of_what_is_kept(sample_at_once: Path) -> None:
    publication = published(sample_at_once)
    kept = publication.history / publication.releases()[-1] / REPORT
    assert kept.read_bytes() == (publication.folder / REPORT).read_bytes()
    assert kept.stat().st_size < 3_000_000
    assert kept.stat().st_mode & 0o222 == 0  # as all that is published


@pytest.mark.parametrize("key", PANELS)
def test_each_number_of_a_table_is_what_its_sql_gives_on_the_published_file(key: str, page: Shown) -> None:
    rows = page.asked(key)
    if not rows:
        assert PANELS[key].empty in page.words(key)
        return
    if PANELS[key].layout == "claims":
        assert all(row["statement"] in page.panel(key).text_content() for row in rows)
        found = [cell.text_content() for cell in page.panel(key).iter("td") if cell.get("data-label") == "found"]
        units = ["" if row["computed_value"] is None else f" {row['unit']}" for row in rows]
        assert found == [f"{row['computed_text'] or '–'}{unit}" for row, unit in zip(rows, units, strict=True)]
        return
    numbers = [c.name for c in PANELS[key].columns if c.form]
    assert page.numbers(key) == [[None if row[n] is None else Decimal(str(row[n])) for n in numbers] for row in rows]


@pytest.mark.parametrize("key", MARTS)
def test_the_numbers_are_those_of_the_marts(key: str, page: Shown) -> None:
    ((value,),) = [tuple(row.values()) for row in rows_of(page.database, MARTS[key])]
    assert value is not None
    assert value in {n for row in page.numbers(key) for n in row}


@pytest.mark.parametrize("key", PICTURES)
def test_each_picture_draws_the_rows_of_its_sql_and_nothing_else(key: str, page: Shown) -> None:
    rows = page.asked(key)
    drawn = page.specs[key]["datasets"]["rows"]
    assert drawn
    shared = [n for n in drawn[0] if n in rows[0]]
    given = {tuple(_drawn(row[n]) for n in shared) for row in rows}
    assert {tuple(_drawn(row[n]) for n in shared) for row in drawn} <= given
    if not PANELS[key].bars and "c0" not in drawn[0]:  # bars leave out rows without a value
        assert len(drawn) == len([r for r in rows if r.get("mean_excess_pp", 0) is not None and r.get("beta", 0) is not None])
    if "c0" in drawn[0]:  # long rows drawn as one line for each definition
        values = {_drawn(row["relative"]) for row in rows}
        assert {_drawn(v) for row in drawn for n, v in row.items() if n != "month_end" and v is not None} == values


def _drawn(value: Any) -> Any:
    return (
        value
        if value is None or isinstance(value, (bool, str))
        else round(float(value), 6)
        if isinstance(value, (int, float, Decimal))
        else str(value)
    )


@pytest.mark.parametrize("key", PICTURES)
def test_each_picture_has_words_a_table_its_definition_and_its_mark(key: str, page: Shown) -> None:
    (picture,) = [e for e in page.panel(key).iter("div") if e.get("data-chart") == key]
    assert picture.get("role") == "img"
    assert PANELS[key].title in picture.get("aria-label")
    told = re.findall(r"(?:rows; last|bars; the first): (.+)\. All values", picture.get("aria-label"))
    assert any(any(c.form and c.told(row) in told[0] for c in PANELS[key].columns[:5]) for row in page.asked(key)), "values in words"
    assert picture.find("svg") is not None  # drawn before any script runs
    assert "SIMULATED" in picture.text_content()
    assert len(page.numbers(key)) == len(page.asked(key))
    assert len(list(page.panel(key).iter("dt"))) == len(PANELS[key].metrics) > 0
    words = page.words(key)
    assert f"as of {AT_ONCE}" in words
    assert PANELS[key].window in words
    assert all(table in words for table in PANELS[key].tables)


def test_it_says_what_the_answer_says_and_that_the_market_is_simulated(sample_at_once: Path, page: Shown) -> None:
    answer = read_answer(published(sample_at_once).folder)
    assert page.tree.get_element_by_id("headline").text_content() == answer.headline
    words = " ".join(page.tree.text_content().split())
    assert all(sentence in words for sentence in answer.sentences)
    assert page.tree.findtext(".//title") == f"SIMULATED Rotation as of {AT_ONCE}"
    assert "SIMULATED MARKET." in words
    assert all("SIMULATED" in str(spec["layer"][0]) for spec in page.specs.values())
    verdicts = {cell.text_content() for cell in page.panel("claims").iter("td") if cell.get("data-label") == "verdict"}
    assert verdicts == {"not testable"}


def test_what_scores_have_meant_is_told_by_the_evidences_own_words_and_each_fifth_by_itself(page: Shown) -> None:
    sql = "select finding, months_n from marts.fct_scorecard_evidence where component = 'total' and horizon = '12m' and quintile = 1"
    ((finding, months),) = [tuple(row.values()) for row in rows_of(page.database, sql)]
    words = " ".join(page.tree.text_content().split())
    assert finding in words
    assert f"{months} months" not in words  # they overlap
    assert "Each fifth is shown by itself" in page.words("evidence")
    assert "such scores have meant" not in words


@pytest.mark.parametrize("key", ["discounts", "rerating"])
def test_valuations_carry_the_day_of_their_values(key: str, page: Shown) -> None:
    days = {row["month_end"] for row in page.asked(key)}
    assert max(days) < AT_ONCE
    assert f"values of {', '.join(str(d) for d in days)}" in page.words(key)


def test_a_pair_of_source_and_treatment_that_is_not_held_is_not_called_undefined(page: Shown) -> None:
    assert "not held" in page.words("discounts")
    assert "not defined" not in page.words("discounts")


def test_the_strip_beneath_the_headline_tells_score_flags_and_changes_as_the_marts_do(page: Shown) -> None:
    (strip,) = [e for e in page.tree.iter("ul") if e.get("class") == "strip"]
    score, flags, changes = (" ".join(part.text_content().split()) for part in strip.iter("li"))
    total = "select score, percentile from marts.fct_scorecard_daily where component = 'total' and session_date = date '2026-01-02'"
    ((value, percentile),) = [tuple(row.values()) for row in rows_of(page.database, total)]
    assert f"{value:.0f} of 100" in score
    assert f"higher than on {percentile:.0f} % of sessions" in score
    raised = "select count(*) filter (status = 'raised') as n, count(*) as of_n from marts.fct_risk_flags_daily where session_date = date '2026-01-02'"
    ((n, of_n),) = [tuple(row.values()) for row in rows_of(page.database, raised)]
    assert f"{n} of {of_n} raised" in flags
    assert f"{len(page.asked('changes'))} changes" in changes


def test_it_refers_to_nothing_outside_itself_and_may_run_nothing_but_its_own(page: Shown) -> None:
    for element in page.tree.iter():
        for name in ("src", "srcset", "href", "action", "data", "poster", "background"):
            reference = element.get(name) if isinstance(element.tag, str) else None
            assert reference is None or reference.startswith("#"), (element.tag, name, reference)
        assert element.tag not in ("link", "iframe", "object", "embed", "base")
    assert not re.search(r"@import|url\((?!#)", page.tree.findtext(".//style"))
    (policy,) = [e.get("content") for e in page.tree.iter("meta") if e.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.split("style-src")[0]


@pytest.fixture(scope="module")
def altered(sample_at_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """A publication with hostile words, a late series, and no valuations."""
    database = tmp_path_factory.mktemp("altered") / "rotation.duckdb"
    database.write_bytes(published(sample_at_once).database.read_bytes())
    with duckdb.connect(str(database)) as connection:
        connection.execute("update marts.fct_claim_audit set statement = '</script><script>alert(1)</script>' where claim_no = 1")
        newest = "captured_on = (select max(captured_on) from marts.fct_target_upside)"
        highest = f"select arg_max(symbol, upside_pct) from marts.fct_target_upside where {newest}"
        connection.execute(f"update marts.fct_target_upside set symbol = '<img src=x>' where symbol = ({highest})")
        connection.execute("update quality.freshness set status = 'late', sessions_late = 7 where series_id = 'DGS10'")
        for table in (
            "fct_discount_monthly",
            "fct_implied_rerating_monthly",
            "fct_breadth_daily",
            "fct_leadership_cycles",
            "fct_scorecard_evidence",
        ):
            connection.execute(f"delete from marts.{table}")
        connection.execute("drop table marts.fct_refinancing_monthly")
    manifest = published(sample_at_once).manifest() or {}
    yield Shown(written(database, manifest | {"accepted": {"some_check": "<b>because</b>"}}), database)
    database.unlink()


def test_words_of_others_stay_words(altered: Shown) -> None:
    assert "<script>alert" not in altered.text
    assert "<img src=x>" not in altered.text
    assert "<b>because" not in altered.text
    assert "</script><script>alert(1)</script>" in altered.panel("claims").text_content()
    assert "<img src=x>" in str(altered.specs["upside"])


def test_what_is_late_is_said_above_all_and_on_its_pictures_alone(altered: Shown) -> None:
    assert altered.tree.findtext(".//title").startswith("SIMULATED STALE Rotation")
    banners = " ".join(e.text_content() for e in altered.tree.iter("p") if "banner" in (e.get("class") or ""))
    assert "DGS10 (late" in banners
    assert "Published although some_check failed: <b>because</b>" in banners
    stale = {key for key, spec in altered.specs.items() if "STALE" in str(spec["layer"][0])}
    assert stale == {"rates", "sensitivity"}


def test_where_there_is_nothing_the_reason_stands(altered: Shown) -> None:
    for key in ("discounts", "discount_history", "rerating", "participation", "breadth_now", "evidence"):
        assert PANELS[key].empty in altered.words(key), key
        assert key not in altered.specs
    assert "marts.fct_refinancing_monthly: not in this publication" in altered.words("refinancing")
    assert "relative" in altered.specs  # the line is there without its cycles


def test_a_live_page_would_give_no_simulated_mark(sample_at_once: Path) -> None:
    publication = published(sample_at_once)
    manifest = (publication.manifest() or {}) | {"provenance": "observed", "source_mode": "live"}
    shown = Shown(written(publication.database, manifest), publication.database)
    assert shown.tree.findtext(".//title") == f"Rotation as of {AT_ONCE}"
    assert not any("SIMULATED" in str(spec["layer"][0]) for spec in shown.specs.values())


def test_a_page_of_an_earlier_day_holds_nothing_later(sample_at_once: Path) -> None:
    import datetime

    day = datetime.date(2024, 6, 14)
    publication = published(sample_at_once)
    with working_in(sample_at_once):
        shown = Shown(written(publication.database, publication.manifest() or {}, day), publication.database)
    assert f"Cut at {day} from the publication of {AT_ONCE}" in " ".join(shown.tree.text_content().split())
    for key in ("wins", "claims", "freshness", "evidence", "cycle_table"):
        assert f"told only as of the publication's day, {AT_ONCE}; not shown for {day}." in shown.words(key)
    for key in ("relative", "horizons", "rates", "discounts", "participation"):
        rows = shown.asked(key)
        assert rows
        days = [v for row in rows for v in row.values() if isinstance(v, datetime.date)]
        assert max(days) <= day
        numbers = [c.name for c in PANELS[key].columns if c.form]
        assert shown.numbers(key) == [[None if row[n] is None else Decimal(str(row[n])) for n in numbers] for row in rows]
    ((score,),) = [
        tuple(r.values())
        for r in rows_of(
            publication.database, f"select score from marts.fct_scorecard_daily where component = 'total' and session_date = date '{day}'"
        )
    ]
    assert f"Score for small caps {score:.0f} of 100" in shown.tree.text_content()


def test_marts_without_a_row_make_a_page_of_reasons(sample_at_once: Path, tmp_path: Path) -> None:
    publication = published(sample_at_once)
    database = tmp_path / "rotation.duckdb"
    database.write_bytes(publication.database.read_bytes())
    with duckdb.connect(str(database)) as connection:
        for (table,) in connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall():
            connection.execute(f"delete from marts.{table} where '{table}' <> 'dim_metric'")
    shown = Shown(written(database, publication.manifest() or {}), database)
    database.unlink()
    assert shown.specs == {}
    (strip,) = [e for e in shown.tree.iter("ul") if e.get("class") == "strip"]
    assert strip.text_content().count("not shown") == 2  # score and flags
    assert "no change" in strip.text_content()
    assert shown.tree.get_element_by_id("headline").text_content() == "There is no relative return to speak of yet."
    assert all(PANELS[key].empty in shown.words(key) for key in PICTURES)
