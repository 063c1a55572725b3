"""docs/performance.md and its pictures, from bench/results.json: `python -m bench.full_size.page`. Not for measuring; no number is typed here."""

import argparse
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from bench.full_size.__main__ import CONTESTS, RESULTS
from bench.full_size.marks import MARKS
from bench.full_size.results import verdict
from pipelines.settings import ROOT

PAGE = "performance.md"
PICTURES = "performance"
GB = 1e9
HOW = """\
Each ratio is the median of paired rounds: both sides run in every round, one after the other, in turned order each second time, each in a
process of its own. Before any time counts one round is run whose results are compared, to 1e-9 where both sides have doubles. Reading the
project, starting Python and loading libraries count for nobody. Bars are generated; nothing here says anything about a market.

**Ours** is what a run does: the dbt models between the raw bars and `fct_breadth_daily`, from the start of the first by dbt's record until dbt
has closed the files. **The peers** read the same bars from Parquet, compute the same published table the way their users write it, and store
it: `bench/full_size/peers/`. They store that table alone; we also store each company's day, which other models read.
"""
ROWS = {
    "growth": "`growth_…`: the same models on twice the symbols, twice the years, and both.",
    "limit": "`limit_2gb_…`: DuckDB's memory limited to 2 GB; the peak is that of the whole process, Python and dbt included.",
    "daily": "`daily_vs_full`: everything derived up to the day before, one day of all symbols added, the models run again; the tables are those of a full rebuild.",
    "landing": "`ingest_vs_ctas`: the files of the drop folder by the asset that lands them. `gates_share`: expectations and what is derived for them, and the tests "
    "of the models, in the time of landing and building.",
    "questions": "`query_vs_raw`: ten questions of a dashboard (`bench/full_size/dashboard.py`), in each round the one with the worst ratio. `readers_8_vs_1`: "
    "the 95th percentile with eight processes asking at once over that with one, divided by the processes on each core.",
    "runs": "`run_vs_dbt_build`: whole processes, on the sample market, with nothing new to fetch.",
}


def write(told: Mapping[str, Any], folder: Path) -> list[Path]:
    """The page and its pictures in a folder; what was written."""
    pictures = {"ratios": ratios(told), "seconds": sides(told, "seconds", 1, "seconds"), "memory": sides(told, "peaks", 1 / GB, "GB")}
    pictures |= {"models": spans(told["models"], 1, "seconds"), "growth": sides(told, "seconds", 1, "seconds", "growth")}
    drawn = {name: chart for name, chart in pictures.items() if chart is not None}
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    written = [folder / PAGE]
    for name, chart in drawn.items():
        file = folder / PICTURES / f"{name}.svg"
        file.write_text(vl_convert.vegalite_to_svg(chart.to_dict()) + "\n", encoding="utf-8")
        written.append(file)
    (folder / PAGE).write_text(text(told, list(drawn)), encoding="utf-8")
    return written


def text(told: Mapping[str, Any], drawn: list[str]) -> str:
    """The page. `drawn`: the pictures there are."""
    versions = ", ".join(f"{name} {version}" for name, version in told["versions"].items())
    judged = {key: verdict(told, key) for key in MARKS if key in told["ratios"] or key in told["failed"]}
    missed = [key for key, said in judged.items() if said.startswith("missed")]
    kept = [key for key, said in judged.items() if said == "kept"]
    found = f"Kept: {len(kept)} of {len(kept) + len(missed)}."
    found += f" Missed: {', '.join(f'`{key}`' for key in missed)}." if missed else ""
    titles = {
        "ratios": "Each ratio over what is wanted; left of one is kept",
        "seconds": "Seconds of each side that computes the published table",
        "memory": "Peak of memory of each of these sides",
        "models": "Where our time goes: seconds of each model, by dbt's record",
        "growth": "Seconds by size",
    }
    pictures = "\n\n".join(f"{titles[name]}:\n\n![{titles[name]}]({PICTURES}/{name}.svg)" for name in drawn)
    return f"""# Performance

Written by `python -m bench.full_size.page` from what `make bench` measured; not by hand.

{told["rows"]:,} generated bars ({told["symbols"]:,} symbols, {told["years"]} years), {told["cores"]} cores, {told["memory_gb"]:g} GB of memory,
{told["rounds"]} rounds. {versions}.

{found}

{_table(told, judged)}
{pictures}

## How it is measured

{HOW}
{_measured(told)}"""


def _table(told: Mapping[str, Any], judged: Mapping[str, str]) -> str:
    lines = ["| ratio | what | median | from – to | wanted | | measured |", "| --- | --- | ---: | ---: | ---: | --- | --- |"]
    for key, said in judged.items():
        one, wanted = told["ratios"].get(key), MARKS[key].wanted(told["cores"])
        numbers = f"{one['median']:.3f} | {one['min']:.3f} – {one['max']:.3f}" if one else " | "
        day = one["date"] if one else ""
        lines.append(f"| `{key}` | {MARKS[key].says} | {numbers} | {'' if wanted is None else f'≤ {wanted:g}'} | {said} | {day} |")
    lines += [f"\n`{key}` is missed. {MARKS[key].in_the_way}" for key, said in judged.items() if said == "missed" and MARKS[key].in_the_way]
    return "\n".join([*lines, *(f"\n`{key}` could not be measured: {' '.join(why.split())}" for key, why in told["failed"].items()), ""])


def _measured(told: Mapping[str, Any]) -> str:
    """What the rows that were measured mean."""
    there = set(told["ratios"]) | set(told["failed"])
    return "\n".join(f"- {said}" for name, said in ROWS.items() if there & set(CONTESTS[name][1])) + "\n"


def ratios(told: Mapping[str, Any]) -> alt.LayerChart | None:
    """Each ratio over what is wanted of it: the mark is at one."""
    rows = []
    for key, one in told["ratios"].items():
        wanted = MARKS[key].wanted(told["cores"])
        if wanted is not None:
            rows.append({"ratio": key, "said": verdict(told, key)} | {name: one[name] / wanted for name in ("median", "min", "max")})
    if not rows:
        return None
    order = [key for key in MARKS if key in told["ratios"]]
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("ratio:N", sort=order, title=None))
    scale, title = alt.Scale(type="log"), "measured over wanted"
    span = base.mark_rule().encode(x=alt.X("min:Q", scale=scale, title=title), x2="max:Q")
    colour = alt.Color("said:N", scale=alt.Scale(domain=["kept", "missed"], range=["#2a6f4e", "#b3402a"]), title=None)
    shape = alt.Shape("said:N", scale=alt.Scale(domain=["kept", "missed"], range=["circle", "cross"]), title=None)
    mark = alt.Chart(alt.Data(values=[{"one": 1}])).mark_rule(strokeDash=[4, 3]).encode(x=alt.X("one:Q", scale=scale))
    return (
        mark + span + base.mark_point(filled=True, size=70).encode(x=alt.X("median:Q", scale=scale), color=colour, shape=shape)
    ).properties(width=520)


def sides(told: Mapping[str, Any], what: str, factor: float, unit: str, contest: str = "peers") -> alt.LayerChart | None:
    """Each side of a contest."""
    return spans(told[what].get(contest, {}), factor, unit)


def spans(taken: Mapping[str, Sequence[float]], factor: float, unit: str) -> alt.LayerChart | None:
    """The median of each name, and from where to where its rounds went."""
    rows = [
        {"side": name, "median": statistics.median(values) * factor, "min": min(values) * factor, "max": max(values) * factor}
        for name, values in taken.items()
    ]
    if not rows:
        return None
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("side:N", sort=[row["side"] for row in rows], title=None))
    bars = base.mark_bar(color="#4a6d8c").encode(x=alt.X("median:Q", title=unit))
    return (bars + base.mark_rule().encode(x="min:Q", x2="max:Q")).properties(width=520)


def main(arguments: list[str] | None = None) -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.full_size.page", description="Write docs/performance.md from bench/results.json."
    )
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--folder", type=Path, default=ROOT / "docs")
    options = parser.parse_args(arguments)
    if not options.results.exists():
        parser.error(f"--results: there is no {options.results}. Measure first: make bench.")
    for file in write(json.loads(options.results.read_text(encoding="utf-8")), options.folder):
        print(f"wrote {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
