"""dim_metric against the marts and the method pages: no measure without a definition, none that points nowhere. Not for the values (dbt)."""

import csv
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from pipelines.settings import ROOT

MARTS = ROOT / "dbt_project" / "models" / "marts"
METRICS = ROOT / "dbt_project" / "seeds" / "metrics.csv"
NUMBERS = re.compile(r"(decimal|double|float|integer|bigint|boolean)\b", re.IGNORECASE)
# What a row says of itself, and no measure: how much it counted, where its window lies, which version it is.
BOOKKEEPING = re.compile(
    r"(^|_)n$|^n_|_no$"  # counts and running numbers
    r"|^window_|^is_window_"  # the window a value looks back on
    r"|^is_(newest_vintage|whole_file|partial_session|stale|headline|scheduled)$"
    r"|^as_of_"
    r"|^(watch_)?threshold$|^weight_pct$|^score_(from|to)$|^is_missing$"  # settings a value is judged by, and that there is none
    r"|^reported_value$|^tolerance$"  # what somebody else said, and how exactly
)


def marts() -> dict[str, dict[str, Any]]:
    """Every fact table as its yml describes it. Dimensions name things and measure nothing."""
    described = [m for path in sorted(MARTS.rglob("fct_*.yml")) for m in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]]
    return {m["name"]: m for m in described}


def key(mart: dict[str, Any]) -> set[str]:
    tests = [t["unique_key"]["arguments"]["columns"] for t in mart["data_tests"] if isinstance(t, dict) and "unique_key" in t]
    return {column for columns in tests for column in columns}


def measures(mart: dict[str, Any]) -> Iterator[str]:
    """Columns that a reader takes as a result: numbers and flags that are neither keys nor bookkeeping."""
    for column in mart["columns"]:
        is_number = NUMBERS.match(column["data_type"]) and column["name"] not in key(mart)
        if is_number and not BOOKKEEPING.search(column["name"]):
            yield column["name"]


def metrics() -> list[dict[str, str]]:
    with METRICS.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[`*]", "", text)).lower()


def test_every_measure_of_every_mart_is_a_metric() -> None:
    defined = {(m["table_name"], m["column_name"]) for m in metrics()}
    missing = [f"{name}.{column}" for name, mart in marts().items() for column in measures(mart) if (name, column) not in defined]
    assert not missing, "measures without a row in dbt_project/seeds/metrics.csv:\n  " + "\n  ".join(missing)


def test_every_metric_is_a_column_of_a_mart() -> None:
    columns = {(name, c["name"]) for name, mart in marts().items() for c in mart["columns"]}
    nowhere = [
        f"{m['metric_id']}: {m['table_name']}.{m['column_name']}" for m in metrics() if (m["table_name"], m["column_name"]) not in columns
    ]
    assert not nowhere, "rows of metrics.csv that point at no column:\n  " + "\n  ".join(nowhere)


def test_every_metric_is_written_out_and_named_once() -> None:
    rows = metrics()
    assert [m["metric_id"] for m in rows if None in m or not all((m["title"], m["formula"], m["unit"]))] == []
    ids = [m["metric_id"] for m in rows]
    assert sorted({i for i in ids if ids.count(i) > 1}) == []


@pytest.mark.parametrize("page", sorted({m["reference"] for m in metrics()}))
def test_every_metric_is_explained_on_the_page_it_refers_to(page: str) -> None:
    named = re.findall(r"docs/method/[\w-]+\.md", page)
    assert named, f"metrics.csv refers to {page!r}, which names no page of docs/method"
    missing = [name for name in named if not (ROOT / name).exists()]
    assert missing == []
    text = plain(" ".join((ROOT / name).read_text(encoding="utf-8") for name in named))
    unexplained = [
        f"{m['metric_id']} ({m['column_name']})"
        for m in metrics()
        if m["reference"] == page
        and not re.search(rf"(?<!\w){re.escape(m['column_name'].lower())}(?!\w)", text)
        and plain(m["title"]) not in text
        and plain(m["formula"]) not in text
    ]
    assert not unexplained, f"{page} has neither column, title nor formula of:\n  " + "\n  ".join(unexplained)


@pytest.mark.parametrize("page", sorted({p for m in metrics() for p in re.findall(r"docs/method/[\w-]+\.md", m["reference"])}))
def test_every_method_page_has_formula_window_example_bias_and_reference(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, flags=re.M)
    assert [h for h in ("Window", "Worked example", "What to keep in mind") if headings.count(h) != 1] == [], f"{page} has {headings}"
    example = text.split("## Worked example\n")[1].split("\n## ")[0]
    assert len(re.findall(r"\d+\.\d+", example)) >= 3, f"{page}: an example shows its numbers"
    before = text.split("## Worked example\n")[0]
    assert re.search(r"`[^`\n]*[=(/*][^`\n]*`|^    \S.* = .*\S|\| .*[*/(].* \|", before, flags=re.M), f"{page}: no formula"
    assert re.search(r"^References?: \S", text, flags=re.M), f"{page}: no line of references"
