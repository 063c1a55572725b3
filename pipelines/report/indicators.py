"""`rotation indicators`: what is computed of one symbol's bars when it is asked for, and stored nowhere. Not for the SQL (indicator_sql.py)."""

import csv as reading_csv
import difflib
import sys
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape

from pipelines.report.drawing import draw
from pipelines.report.reading import reading
from pipelines.report.rows_as_json import rows_as_json
from pipelines.resources.holder import held_by, holder
from pipelines.resources.warehouse import WarehouseError, read_only
from pipelines.settings import ROOT, Mode, Settings, settings
from pipelines.typed_day import typed_day

if TYPE_CHECKING:  # loaded when a symbol is asked for: every command imports this module
    import duckdb
    import polars as pl

out, err = Console(highlight=False), Console(stderr=True, highlight=False)
SHOWN = 5  # sessions side by side
INSTRUMENTS = "instruments"  # where what is no company is: a series of the catalogue, or bars dropped for one
LAST_PLACE = 1000  # of dropped bars in the chain of an instrument


@dataclass(frozen=True)
class Subject:
    """One symbol of one collection; `benchmark`: the instrument its universe is measured by."""

    symbol: str
    collection: str
    benchmark: str | None


@dataclass(frozen=True)
class Indicators:
    """Every session asked for, and the day all of it was known on."""

    subject: Subject
    as_of: date
    frame: "pl.DataFrame"


def indicators(
    symbol: Annotated[str, typer.Argument(help="A company's symbol as it was dropped in, or an instrument: R2000, IWM.")],
    collection: Annotated[str | None, typer.Option(help="Universe, or instruments, where several have the symbol.")] = None,
    as_of: Annotated[str | None, typer.Option(help="YYYY-MM-DD: only what was known on this day; default: the last run's day.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="First session, YYYY-MM-DD.")] = None,
    to: Annotated[str | None, typer.Option(help="Last session, YYYY-MM-DD.")] = None,
    sources: Annotated[Literal["sample", "live"] | None, typer.Option(help="Which market; default: live where there is one.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"The newest so many sessions; default: {SHOWN} drawn. --json and --csv write all.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV that is safe to open in a spreadsheet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Returns, averages, RSI, highs, volume and relative strength of one symbol by session, computed now out of the bars held."""
    if csv and as_json:
        raise typer.BadParameter("choose one of --csv and --json")
    days = _day(as_of, "--as-of"), _day(since, "--from"), _day(to, "--to")
    mode = reading(sources, say=not (as_json or csv))
    found = computed(settings(), mode, symbol, collection, *days)
    simulated = "simulated" in found.frame["provenance"]
    if simulated and not as_json:
        err.print("[bold red]SIMULATED[/bold red] values")
    if csv or as_json:
        frame = _written(found).tail(limit or found.frame.height)
        if csv:
            from pipelines.report.safe_csv import safe_csv

            sys.stdout.write(safe_csv(frame))
        else:
            print(rows_as_json(frame))
        return
    against = f", against {found.subject.benchmark}" if found.subject.benchmark else ""
    mark = "[bold red]SIMULATED[/bold red] " if simulated else ""
    out.print(
        f"{mark}[bold]{escape(found.subject.symbol)}[/bold] of {found.subject.collection}{against}, as known on {found.as_of}, "
        f"{found.frame['price_basis'][-1]}: {found.frame.height:,} sessions from {found.frame['session_date'][0]}"
    )
    shown = _drawn(found.frame.tail(limit or SHOWN))
    draw(shown, shown.height, out, out.width if out.is_terminal else None)


def computed(
    settings: Settings, mode: Mode, symbol: str, collection: str | None, as_of: date | None, since: date | None, to: date | None
) -> Indicators:
    """The indicators of one symbol.

    Raises:
        WarehouseError: nothing is held, a run is writing, there is no such symbol, or several collections have it.
    """
    import duckdb

    file = settings.work_file(mode)
    if not file.exists():
        raise WarehouseError(f"There are no bars at {file}: nothing of the {mode} market has come in. Run `rotation run --sources {mode}`.")
    try:
        with read_only(file, {"threads": settings.cores, "memory_limit": settings.memory}) as connection:
            last = connection.execute("select max(as_of_date) from raw.clock_day").fetchall()[0][0]
            if last is None:
                raise WarehouseError(f"No run of the {mode} market has come as far as its bars. Run `rotation run --sources {mode}`.")
            if as_of is not None and as_of > last:
                raise WarehouseError(
                    f"--as-of: the last run was as of {last}; of {as_of} nothing can be known yet. Ask for an earlier day."
                )
            subject = _subject(connection, symbol, collection)
            return Indicators(subject, as_of or last, _asked(connection, subject, as_of or last, since, to))
    except duckdb.IOException as problem:
        if "lock" not in str(problem):
            raise
        raise WarehouseError(
            f"The bars of the {mode} market are being written by {held_by(holder(settings, mode))}. Wait until it has ended, then ask again."
        ) from None


def _asked(connection: "duckdb.DuckDBPyConnection", subject: Subject, as_of: date, since: date | None, to: date | None) -> "pl.DataFrame":
    from pipelines.catalog import catalog
    from pipelines.report.indicator_sql import INDICATORS, PRICES, SERIES, SESSIONS
    from pipelines.sources.exchange import closures

    connection.execute(SERIES)
    connection.executemany("insert into series values (?, ?, ?, ?, ?, ?)", _series(subject))
    closed = [
        str(day) for day, kind, announced in closures().select("session_date", "kind", "announced_on").iter_rows() if kind == "closed" and announced <= as_of
    ]  # fmt: skip
    connection.execute(SESSIONS, {"as_of": as_of, "closed": closed, "sp500": catalog()["SP500"].symbol})
    company = {} if subject.collection == INSTRUMENTS else {"collection": subject.collection, "symbol": subject.symbol}
    connection.execute(PRICES, {"as_of": as_of, "collection": "", "symbol": ""} | company)
    frame: pl.DataFrame = connection.sql(INDICATORS, params={"first": since or date.min, "last": to or date.max}).pl()
    if frame.is_empty():
        row = connection.execute("select min(session_date), max(session_date) from prices where role = 'own'").fetchall()[0]
        held = f"Held are sessions from {row[0]} to {row[1]}" if row[0] else "No bar of it was known then"
        asked = "".join(f" {word} {day}" for word, day in (("from", since), ("to", to)) if day)
        raise WarehouseError(f"{subject.symbol} of {subject.collection} has no session{asked} as of {as_of}. {held}. Ask for other days.")
    return frame


def _subject(connection: "duckdb.DuckDBPyConnection", symbol: str, collection: str | None) -> Subject:
    """What the symbol means: a company of one universe, or an instrument of the catalogue."""
    from pipelines.catalog import PRICES, catalog

    held = connection.execute("select distinct collection from raw.drop_bars where symbol = ? and collection <> ?", [symbol, INSTRUMENTS])
    places = sorted(row[0] for row in held.fetchall())
    known = {s.instrument_id for s in catalog() if s.kind in PRICES and s.instrument_id}
    named = (
        symbol if symbol in known else next((s.instrument_id for s in catalog() if s.symbol == symbol and s.instrument_id in known), None)
    )
    places += [INSTRUMENTS] if named else []
    if not places:
        all_held = connection.execute("select distinct symbol from raw.drop_bars").fetchall()
        offered = sorted({row[0] for row in all_held} | known)
        nearest = difflib.get_close_matches(symbol.upper(), offered, n=5, cutoff=0.5)
        hint = (
            f"Nearest: {', '.join(nearest)}."
            if nearest
            else "Symbols are those of the files dropped in, and the ids of marts.dim_instrument."
        )
        raise WarehouseError(f"No bars of {symbol!r} are held, of {len(offered):,} symbols. {hint}")
    if collection is not None and collection not in places:
        raise WarehouseError(f"--collection: {symbol} is held in {', '.join(places)}, not in {collection!r}. Name one of these.")
    if collection is None and len(places) > 1:
        raise WarehouseError(f"{symbol} is held in {', '.join(places)}: each may be another series of bars. Choose one with --collection.")
    place = collection or places[0]
    return Subject(named, place, None) if place == INSTRUMENTS and named else Subject(symbol, place, _benchmark(place))


def _benchmark(universe: str) -> str | None:
    """The index of a universe, from the seed the models read too."""
    with (ROOT / "dbt_project" / "seeds" / "universes.csv").open(newline="", encoding="utf-8") as file:
        return next((row["instrument_id"] for row in reading_csv.DictReader(file) if row["universe_id"] == universe), None)


def _series(subject: Subject) -> list[tuple[Any, ...]]:
    """Rows of the table `series`: what is read as the symbol itself, for its volume (an index has that of its fund), and as its benchmark."""
    from pipelines.catalog import catalog

    if subject.collection != INSTRUMENTS:
        own = [(role, "drop", subject.collection, subject.symbol, "company", 1) for role in ("own", "volume")]
        return own + (_chain("benchmark", subject.benchmark) if subject.benchmark else [])
    is_index = catalog().chain(subject.symbol)[0].kind == "index"
    funds = sorted(s.instrument_id for s in catalog() if s.kind == "fund" and s.proxy_of == subject.symbol and s.instrument_id)
    traded = next(iter(funds), None) if is_index else subject.symbol
    return _chain("own", subject.symbol) + (_chain("volume", traded) if traded else [])


def _chain(role: str, instrument: str) -> list[tuple[Any, ...]]:
    from pipelines.catalog import catalog

    chain = catalog().chain(instrument)
    rows = [(role, s.provider, INSTRUMENTS if s.provider == "drop" else "", s.symbol, s.kind, s.priority) for s in chain]
    has_dropped = any(s.provider == "drop" and s.symbol == instrument for s in catalog())
    return rows if has_dropped else [*rows, (role, "drop", INSTRUMENTS, instrument, chain[0].kind, LAST_PLACE)]


def _written(found: Indicators) -> "pl.DataFrame":
    import polars as pl

    named = {"symbol": found.subject.symbol, "collection": found.subject.collection, "as_of_date": found.as_of}
    told = [pl.lit(value).alias(name) for name, value in named.items()]
    return found.frame.select(*told, pl.lit(found.subject.benchmark, pl.String).alias("benchmark_id"), pl.all())


def _drawn(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Indicators down, sessions across, the newest first; in place of a value that is not there, why."""
    import polars as pl

    reasons = {c.removesuffix("_reason"): c for c in frame.columns if c.endswith("_reason")}
    lines = []
    for name in frame.columns:
        if name in ("session_date", "price_basis", "provenance", *reasons.values()):
            continue
        own = next((reason for stem, reason in reasons.items() if name.startswith(stem)), None)
        own = "high_252d_reason" if name == "gap_to_high_pct" else own
        told = frame[name].cast(pl.String)
        lines.append([name, *(told if own is None else told.zip_with(told.is_not_null(), frame[own])).reverse()])
    return pl.DataFrame(lines, schema=["indicator", *(str(d) for d in frame["session_date"].reverse())], orient="row")


def _day(text: str | None, option: str) -> date | None:
    return None if text is None else typed_day(text, option)
