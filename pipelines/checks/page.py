"""docs/checks.md: every check of every gate, its story, severity and threshold. Not for deciding any of it (stories, within, across, past, models).

`python -m pipelines.checks.page` writes it; with --check it ends with 1 when the page is not current.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.catalog import catalog
from pipelines.checks.expectations import check_names, expectations
from pipelines.checks.models import BY_KIND, NOT_NULL, ModelTest, model_tests
from pipelines.checks.reconciliation import EVERY
from pipelines.checks.remarks import REMARKS
from pipelines.checks.stories import ANSWERED, HISTORY, STORIES
from pipelines.checks.story import Story
from pipelines.contracts import contracts
from pipelines.resources.dbt import DbtError, ensure_manifest
from pipelines.settings import ROOT, SettingsError, settings

PAGE = ROOT / "docs" / "checks.md"
HEAD = """# Checks

Written by `make docs` from the checks themselves; not to be edited. Every number that reaches a reader passed all of these.

- **block**: the run publishes nothing; readers keep what they have. In gate 1 that holds for the required series ({required}) alone: any other
  series is set aside with a warning and keeps its last good data, and a dropped file is moved to quarantine.
- **warn**: it is published, and told: in the answer, `quality.check_results`, the manifest and the UI.

What stopped a run: `rotation status`. Its rows and SQL: `rotation explain`. One check passed over, once, with a reason that readers see:
`rotation run --accept CHECK="reason"` ([how](decisions/0011-gate-3-and-accept.md)).
"""


def page(manifest: Mapping[str, Any]) -> str:
    """The page as it ought to be."""
    lines = [HEAD.format(required=", ".join(s.series_id for s in catalog().required))]
    lines += ["## Gate 1: what came in", "", "Great Expectations on every batch, before a row of it is merged; by raw table.", ""]
    for name, story in STORIES.items():
        lines += _entry(name, story, [f"On {_tables_of(name)}."])
    tests = model_tests(manifest)
    lines += [
        "## Gate 2: the tables built",
        "",
        f"{len(tests)} dbt tests, run while the candidate is built, and the contracts of its tables.",
        "",
    ]
    promised = [n for n in manifest["nodes"].values() if n["resource_type"] == "model" and n["config"]["contract"]["enforced"]]
    columns = sum(any(c["type"] == "not_null" for c in col.get("constraints", [])) for n in promised for col in n["columns"].values())
    lines += _entry("contracts", NOT_NULL, [f"On {len(promised)} tables, {columns} of whose columns are never empty."])
    for kind, story in BY_KIND.items():
        of_kind = [t for t in tests if t.kind == kind]
        lines += _entry(kind, story, [f"{len(of_kind)} tests:", "", *(_ruled(t, story) for t in of_kind)])
    lines += ["### Assertions across tables", "", *(line for t in tests if t.kind == "assertion" for line in _assertion(t))]
    lines += ["## Gate 3: the finished file", "", "SQL on the candidate beside the raw data, the calendar and the last publication.", ""]
    for check in (*EVERY, *REMARKS):
        lines += _entry(check.name, Story(check.guards_against, check.cure, check.threshold, check.severity), [f"On {check.table}."])
    return "\n".join(lines).rstrip() + "\n"


def _tables_of(check: str) -> str:
    if check in (ANSWERED, HISTORY):
        return "every provider"
    tables = [c.name for c in contracts().values() if check in check_names(c)]
    everywhere = all(check in check_names(c) for c in contracts().values() if expectations(c))
    return "every raw table" if everywhere else ", ".join(f"raw.{t}" for t in tables)


def _entry(name: str, story: Story, where: Iterable[str]) -> list[str]:
    lines = [f"### {name}", "", f"**{story.severity}.** {story.guards_against}", "", f"*When it fires:* {story.cure}", ""]
    lines += [f"*Threshold:* {story.threshold}", ""] if story.threshold else []
    return [*lines, *where, ""]


def _ruled(test: ModelTest, general: Story) -> str:
    own = "" if test.story == general else f" **{test.story.severity}.** {test.story.guards_against} *When it fires:* {test.story.cure}"
    return f"- `{test.table}`: {'; '.join(test.rules)}.{own}"


def _assertion(test: ModelTest) -> list[str]:
    told = f" *Tolerance:* {test.story.threshold}" if test.story.threshold else ""
    return [
        f"- `{test.name}` (**{test.story.severity}**): {test.rules[0]} *Guards against:* {test.story.guards_against} *When it fires:* {test.story.cure}{told}"
    ]


def main() -> int:
    """Write the page, or with --check only compare."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.checks.page", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 when docs/checks.md is not current")
    only_check = parser.parse_args().check
    try:
        text = page(json.loads(ensure_manifest(settings()).read_text(encoding="utf-8")))
    except (DbtError, SettingsError) as problem:
        print(problem, file=sys.stderr)
        return 1
    if not only_check:
        PAGE.write_text(text, encoding="utf-8")
        print(f"Written: {PAGE}")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        print("docs/checks.md is not what the checks say. Run `make docs` and commit it.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
