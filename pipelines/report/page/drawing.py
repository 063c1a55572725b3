"""The forms pictures take, and their one look: lines, bars, rules, bands, in colours that CSS gives. Not for what is drawn (the subjects)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from pipelines.report.page.row import Rows

# Names of colours, defined once for light and dark in page.css; SVG takes them by name, so a picture changes with the page.
SMALL, LARGE, THIRD, INK, MUTED, RULE = (f"var(--{n})" for n in ("small", "large", "third", "ink", "muted", "rule"))
WIDE, NARROW = 620, 420  # of the picture without a script; with one it takes the width there is
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"
HORIZON = "horizon"
SIGHT = "sight"  # the layer that only a pointer shows

CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED, "titleColor": MUTED, "domainColor": RULE, "tickColor": RULE, "gridColor": RULE, "labelFontSize": 11,
        "titleFontSize": 11, "titleFontWeight": "normal", "gridDash": [1, 3], "labelOverlap": "greedy", "labelLimit": 190,
    },
    "axisX": {"grid": False, "labelFlush": True},
    "axisY": {"domain": False, "ticks": False, "titleAnchor": "end", "titleAngle": 0, "titleAlign": "left", "titleY": -10, "titleX": 0, "labelPadding": 4},
    "axisBand": {"domain": False, "ticks": False, "grid": False},
    "header": {"labelColor": MUTED},
    "text": {"color": INK, "font": FONT, "fontSize": 11},
    "rule": {"color": MUTED},
    "title": {"color": MUTED, "fontSize": 11, "fontWeight": "normal", "offset": 6},
    "tooltip": {"content": "data"},
}  # fmt: skip


STEPS = [k * 10**e for e in range(-2, 6) for k in (1, 1.4, 2, 3, 4, 5, 6, 8)]  # of an axis of ratios, as far as it reaches
ROWS = alt.NamedData("rows")  # the rows of the panel; given to the picture once, at its end


@dataclass(frozen=True)
class Picture:
    """Layers, and the rows they draw."""

    chart: alt.LayerChart
    rows: Rows


def plain(rows: Rows, names: Sequence[str]) -> Rows:
    """Rows as Vega takes them: numbers as numbers, days as text."""
    return [{n: row[n] if row[n] is None or isinstance(row[n], (int, bool, str)) else _plain(row[n]) for n in names} for row in rows]


def _plain(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)


def days(name: str, form: str = "%Y") -> alt.X:
    """An axis of days."""
    return alt.X(f"{name}:T", title=None, axis=alt.Axis(format=form, tickCount={"expr": "max(2, width / 90)"}))


def amounts(name: str, title: str, zero: bool = False, log: bool = False) -> alt.Y:
    """An axis of amounts, its unit above it."""
    scale = alt.Scale(type="log", nice=False, padding=6) if log else alt.Scale(zero=zero, nice=True)
    axis = alt.Axis(values=STEPS) if log else alt.Axis(tickCount=5)
    return alt.Y(f"{name}:Q", title=title, scale=scale, axis=axis)


def lines(rows: Rows, day: str, series: dict[str, tuple[str, str]], title: str, form: str = "%Y", zero: bool = False, log: bool = False,
          step: bool = False, under: Sequence[Any] = (), number: str = ",.2f") -> Picture:  # fmt: skip
    """A line for each column of `series` (column: label and colour), with all values of a day on hovering."""
    layers = [
        alt.Chart(ROWS)
        .mark_line(color=colour, strokeWidth=1.6, interpolate="step-after" if step else "linear")
        .encode(x=days(day, form), y=amounts(column, title, zero, log))
        for column, (_, colour) in series.items()
    ]
    near = alt.selection_point(on="pointerover", clear="pointerout", nearest=True, encodings=["x"], name="near")
    tips = [alt.Tooltip(f"{day}:T", title="day", format="%Y-%m-%d")]
    tips += [alt.Tooltip(f"{column}:Q", title=label, format=number) for column, (label, _) in series.items()]
    # a line of sight under the pointer; what it tells is every value of that day
    sight = (
        alt.Chart(ROWS, name=SIGHT)
        .mark_rule(color=MUTED, strokeWidth=1, aria=False)
        .encode(x=f"{day}:T", opacity=alt.condition(near, alt.value(0.6), alt.value(0), empty=False), tooltip=tips)
        .add_params(near)
    )
    return Picture(alt.LayerChart(layer=[*under, *layers, sight]), plain(rows, (day, *series)))


def by_name(rows: Rows, day: str, name: str, value: str, colours: dict[str, str], title: str, form: str = "%Y", **more: Any) -> Picture:
    """Lines of rows in long form: one column each of the names that have a colour."""
    wide: dict[Any, dict[str, Any]] = {}
    for row in rows:
        if row[name] in colours:
            wide.setdefault(row[day], {day: row[day]} | dict.fromkeys(colours))[row[name]] = row[value]
    told = [{day: r[day]} | {f"c{i}": r[c] for i, c in enumerate(colours)} for r in wide.values()]
    return lines(told, day, {f"c{i}": (label, colour) for i, (label, colour) in enumerate(colours.items())}, title, form, **more)


def bars(rows: Rows, name: str, value: str, title: str, tips: Sequence[tuple[str, str, str]] = (), horizon: bool = False,
         is_of_sides: bool = True, paint_by: str = "", paints: alt.Scale | None = None, label: str = "+.1f") -> Picture:  # fmt: skip
    """Bars about zero, longest first; by sign in the colours of small and large, else by another column, else in one colour of no side."""
    kept = dict.fromkeys((name, value, *(t[0] for t in tips), *([HORIZON] if horizon else []), *((paint_by,) if paint_by else ())))
    base = alt.Chart(ROWS).transform_filter(f"isValid(datum.{value})")
    if horizon:
        base = base.transform_filter(f"datum.{HORIZON} == {HORIZON}")
    order = alt.EncodingSortField(value, op="max", order="descending")
    y = alt.Y(f"{name}:N", title=None, sort=order, axis=alt.Axis(labelLimit=180, labelExpr="split(datum.label, '|')"))
    axis = None if horizon else title  # at a horizon the title of the whole stands there, for it follows what is chosen
    x = alt.X(
        f"{value}:Q",
        title=axis,
        scale=alt.Scale(zero=True, nice=False, padding=40),
        axis=alt.Axis(tickCount={"expr": "max(2, width / 70)"}, grid=True),
    )
    by_sign = alt.condition(alt.datum[value] >= 0, alt.value(SMALL), alt.value(LARGE))
    paint = alt.Color(f"{paint_by}:N", scale=paints, legend=None) if paint_by else by_sign if is_of_sides else alt.value(THIRD)
    told = [alt.Tooltip(f"{name}:N", title="name"), alt.Tooltip(f"{value}:Q", title=title, format="+,.4f")]
    told += [alt.Tooltip(f"{c}:Q", title=t, format=f) if f else alt.Tooltip(f"{c}:N", title=t) for c, t, f in tips]
    drawn = base.mark_bar(height={"band": 0.62}).encode(x=x, y=y, color=paint, tooltip=told)
    # figures stand to the right of the bar, or of the zero it hangs from
    figures = base.transform_calculate(at=f"max(0, datum.{value})").mark_text(align="left", dx=4).encode(
        x=alt.X("at:Q", title=axis), y=y, text=alt.Text(f"{value}:Q", format=label)
    )  # fmt: skip
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=MUTED).encode(x=alt.X("zero:Q", title=axis))
    chart = alt.LayerChart(layer=[drawn, figures, zero])
    if horizon:
        chart = chart.properties(title=alt.TitleParams(text=alt.expr(f"{HORIZON} + ', {title}'"), orient="bottom"))
    return Picture(chart, plain(rows, list(kept)))


def across(value: float, colour: str = MUTED) -> alt.Chart:
    """A rule across the picture at a value."""
    rule: alt.Chart = alt.Chart(alt.InlineData(values=[{"at": value}])).mark_rule(color=colour, strokeDash=[4, 3]).encode(y="at:Q")
    return rule


def finished(picture: Picture, marked: str, width: int, height: int, horizon: str | None) -> dict[str, Any]:
    """The specification, with its mark across every picture of a market that is not the real one, or not of the day."""
    chart = picture.chart
    if marked:
        stamp = (
            alt.Chart(alt.InlineData(values=[{}]))
            .mark_text(text=marked, fontWeight="bold", color="var(--stamp)", angle=346, tooltip=False)
            .encode(x=alt.value(alt.expr("width / 2")), y=alt.value(alt.expr("height / 2")), size=alt.value(alt.expr("min(58, width / 7)")))
        )
        chart.layer = [stamp, *chart.layer]  # beneath what is drawn; the parameters stay with the whole
    if horizon:
        chart = chart.add_params(alt.param(name=HORIZON, value=horizon))
    spec: dict[str, Any] = chart.properties(width=width, height=height).to_dict(validate=False)
    spec["datasets"] = {**spec.get("datasets", {}), "rows": picture.rows}
    spec["config"] = CONFIG
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return spec


def still(spec: dict[str, Any]) -> dict[str, Any]:
    """The same picture without what a pointer shows, for paper and where scripts do not run."""
    layers = [layer for layer in spec["layer"] if layer.get("name") != SIGHT]
    return spec | {"layer": layers, "params": [p for p in spec.get("params", ()) if SIGHT not in p.get("views", ())]}
