"""The page as PDF, set by Typst: no browser, no network, fonts of its own. Not for what is on it (read.py) or how it is set (page.typ)."""

import json
import re
import tempfile
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from pipelines.report.page.colours import LIGHT, in_light
from pipelines.report.page.html import matrix, side
from pipelines.report.page.panel import Panel
from pipelines.report.page.read import OLD_AFTER_DAYS, Filled, Page
from pipelines.report.page.row import Row
from pipelines.report.page.strip import strip

FONT = "Libertinus Serif"  # comes with Typst, as do its kin


def write_pdf(page: Page, target: Path, today: date) -> None:
    """Set the page and write it, with its age. Texts go to Typst as data, which it never reads as markup."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for _, panels in page.sections:
            for f in panels:
                if f.svg:
                    (root / f"{f.panel.key}.svg").write_text(_for_paper(f.svg), encoding="utf-8")
        (root / "page.json").write_text(json.dumps(_told(page, today), ensure_ascii=False), encoding="utf-8")
        source = root / "page.typ"
        source.write_text(files("pipelines.report.page").joinpath("page.typ").read_text(encoding="utf-8"), encoding="utf-8")
        made = typst.compile(str(source), root=str(root), ignore_system_fonts=True)
    target.write_bytes(made)


def _for_paper(svg: str) -> str:
    return re.sub(r'font-family="[^"]*"', f'font-family="{FONT}"', in_light(svg))


def _told(page: Page, today: date) -> dict[str, Any]:
    answer = page.answer
    days = (today - date.fromisoformat(answer.as_of_date)).days
    return {
        "age": f"Written {days} days after {answer.as_of_date}, the day it tells of." if days > OLD_AFTER_DAYS else None,
        "simulated": page.is_simulated,
        "cut_from": str(page.cut_from) if page.cut_from else None,
        "colours": LIGHT,
        "as_of": answer.as_of_date,
        "session": answer.session_date,
        "run": page.manifest["run_id"][:8],
        "created_at": page.manifest["created_at"],
        "source_mode": answer.source_mode,
        "headline": answer.headline,
        "strip": [{"name": part.name, "value": part.value, "more": part.more} for part in strip(page)],
        "sentences": answer.sentences,
        "stale": [f"{s['series_id']} ({s['status']}, last {s['last_observation'] or 'never'})" for s in answer.stale],
        "accepted": [f"Published although {check} failed: {reason}" for check, reason in answer.accepted.items()],
        "sections": [{"title": s.title, "panels": [_panel(f) for f in panels]} for s, panels in page.sections],
    }


def _panel(f: Filled) -> dict[str, Any]:
    panel = f.panel
    told: dict[str, Any] = {
        "key": panel.key,
        "title": panel.title,
        "meta": f"{f.span}{f'; horizon {f.horizon}' if f.horizon else ''}; {', '.join(f.reads)}",
        "reading": panel.reading,
        "missing": f.missing,
        "late": [f"{s['series_id']} is {s['status']}, last value {s['last_observation'] or 'never'}" for s in f.late],
        "picture": f.is_picture,
        "wide": panel.is_wide,
        "legend": panel.legend,
        "definitions": [f"{d['title']} ({d['unit']}): {d['formula']}" for d in f.definitions],
        "head": [],
        "rows": [],
    }
    if f.is_picture or f.missing:
        return told
    if panel.layout == "matrix":
        return told | _matrix(f)
    if panel.layout == "claims":
        return told | _claims(f.rows)
    head = [{"text": f"{c.title}, {c.unit}" if c.unit else c.title, "number": bool(c.form)} for c in panel.columns]
    return told | {"head": head, "rows": [_cells(panel, row) for row in f.rows]}


def _cells(panel: Panel, row: Row) -> list[dict[str, Any]]:
    return [
        {"text": c.told(row), "side": side(row, c), "under": str(row[c.under]) if c.under and row[c.under] is not None else ""}
        for c in panel.columns
    ]


def _matrix(f: Filled) -> dict[str, Any]:
    found = matrix(f)
    rows = []
    for line, cells in found["lines"]:
        told = [{"text": f"{line[0]} {line[1]}", "side": "", "under": line[2]}]
        for cell in cells:
            if cell is None:
                told.append({"text": "not held", "side": "none", "under": ""})
            elif cell["discount_pct"] is None:
                told.append({"text": "refused", "side": "none", "under": str(cell["refusal_reason"]).replace("_", " ")})
            else:
                flip = " ⇄" if cell["is_sign_flipped"] else ""
                under = f"{cell['small_value']:.1f} / {cell['large_value']:.1f}"
                told.append(
                    {"text": f"{cell['discount_pct']:+.1f}{flip}", "side": "small" if cell["discount_pct"] > 0 else "large", "under": under}
                )
        rows.append(told)
    return {"head": [{"text": "measure", "number": False}, *({"text": c, "number": True} for c in found["columns"])], "rows": rows}


def _claims(rows: list[Row]) -> dict[str, Any]:
    head = [{"text": "claim, and why the verdict", "number": False}, *({"text": t, "number": False} for t in ("said", "found", "verdict"))]
    told = [
        [
            {"text": r["statement"], "side": "", "under": r["explanation"]},
            {"text": r["reported_text"], "side": "", "under": "" if r["unit"] in ("yes/no", None) else r["unit"]},
            {"text": r["computed_text"] or "–", "side": "", "under": "" if r["computed_value"] is None else r["unit"]},
            {"text": r["verdict"].replace("_", " "), "side": "", "under": ""},
        ]
        for r in rows
    ]
    return {"head": head, "rows": told, "wide_first": True}
