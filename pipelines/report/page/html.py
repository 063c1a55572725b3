"""The page as one HTML file that asks nobody for anything. Not for what is on it (read.py) or how it looks (page.css.j2)."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import vl_convert
from markupsafe import Markup, escape

from pipelines.report.page.colours import DARK, LIGHT
from pipelines.report.page.panel import Column, Panel
from pipelines.report.page.read import FIRST_HORIZON, OLD_AFTER_DAYS, Filled, Page, read_page
from pipelines.report.page.row import Row
from pipelines.report.page.strip import strip
from pipelines.report.terminal import GATES

HERE = files("pipelines.report.page")
FIRST_BARS = 5  # told in words
TREATMENT = ("aggregation", "loss_treatment")


@cache
def vega() -> str:
    """Vega's scripts, with the interpreter that needs no eval; whole from the wheel."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: HERE.joinpath(name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"value": _value, "side": side, "soft": _soft}
    environment.tests["day"] = lambda value: isinstance(value, date)
    return environment


def _value(value: Any) -> str:
    """A value as machines read it back from the page."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def side(row: Row, column: Column) -> str:
    """Whom a number speaks for, by its sign."""
    value = row[column.name]
    return "" if not column.sign or value is None or value == 0 else "small" if value > 0 else "large"


def _soft(text: str) -> Markup:
    """A name that may be broken after its dots and underscores."""
    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=_)|(?<=\.)(?=[a-z])", text))


def matrix(filled: Filled) -> dict[str, Any]:
    """Definitions as rows, treatments as columns; a cell is a row of the table or nothing."""
    treatments = sorted({tuple(r[c] for c in TREATMENT) for r in filled.rows}, key=lambda t: (t[1], t[0]))
    lines: dict[tuple[str, ...], dict[Any, Row]] = {}
    for row in filled.rows:
        lines.setdefault((row["metric"], row["basis"], row["source"] or "no source"), {})[tuple(row[c] for c in TREATMENT)] = row
    return {
        "columns": [f"{aggregation.replace('_', ' ')}, losses {losses}" for aggregation, losses in treatments],
        "lines": [(line, [cells.get(t) for t in treatments]) for line, cells in lines.items()],
    }


def alternative(filled: Filled) -> str:
    """What a picture shows, for who cannot see it: the newest point of its lines, or its first bars, at the horizon it is drawn at first."""
    panel = filled.panel
    drawn = [row for row in filled.rows if panel.bars and row.get("horizon", filled.horizon) == filled.horizon]
    told = drawn[:FIRST_BARS] or filled.rows[-1:]
    values = "; ".join(", ".join(f"{c.title} {c.told(row)}{c.unit and f' {c.unit}'}" for c in panel.columns[:5]) for row in told)
    count = f"{len(drawn)} bars; the first" if drawn else f"{len(filled.rows)} rows; last"
    said = (f"Picture: {panel.title}. {filled.span}.", panel.reading, f"{count}: {values}. All values are in the table below it.")
    return " ".join(part for part in said if part)


def headers(panel: Panel) -> list[tuple[Column, bool]]:
    """Columns, and whether each holds numbers."""
    return [(c, bool(c.form)) for c in panel.columns]


def written(database: Path, manifest: dict[str, Any], day: date | None = None) -> str:
    """The file for a published database, as its manifest tells what it is."""
    return render(read_page(database, manifest, day))


def render(page: Page) -> str:
    """The whole file."""
    environment = _environment()
    script = HERE.joinpath("page.js").read_text(encoding="utf-8")
    style = environment.get_template("page.css.j2").render(light=LIGHT, dark=DARK)
    specs = {f.panel.key: f.spec for f in pictures(page)}
    scripts = [vega(), script]
    return environment.get_template("page.html.j2").render(
        page=page,
        answer=page.answer,
        style=Markup(style),  # noqa: S704 # our own file
        scripts=[Markup(s) for s in scripts],  # noqa: S704 # our own, and Vega's
        policy=_policy(scripts),
        specs=Markup(_embedded(specs)),  # noqa: S704 # escaped there
        gates=GATES,
        strip=strip(page),
        matrix=matrix,
        alternative=alternative,
        headers=headers,
        first_horizon=FIRST_HORIZON,
        old_after=OLD_AFTER_DAYS,
        safe_svg=lambda f: Markup(f.svg),  # noqa: S704 # drawn by Vega, which escapes text
    )


def pictures(page: Page) -> Iterable[Filled]:
    """Every panel with a picture."""
    return (f for _, panels in page.sections for f in panels if f.is_picture)


def _embedded(specs: dict[str, Any]) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(specs, separators=(",", ":"), default=_number, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return str(value)
    raise TypeError(f"a picture holds {value!r}")


def _policy(scripts: Iterable[str]) -> str:
    """What a browser may do with the file: run these scripts and nothing else, and ask nobody."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
