"""One cell of the matrix: a fault sprung on a reader, its answer landed, and what came of it. Not for what should come of it (due.py)."""

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from bench.faults import forms_drop, forms_filings, forms_sec, forms_series, forms_vendors, forms_vintages
from bench.faults.table import AS_OF, DAY_BEFORE, Form, content_faults
from bench.faults.wire import DEADLINE_S, FAULTS, HTML, NOBODY, NOW, Provider, good, nobody, provider, waiting
from pipelines.assets.landing import drops
from pipelines.assets.landing.assets import judge_and_merge
from pipelines.assets.landing.batch import Pull, Scope
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.resources.log_tables import LOG_TABLES
from pipelines.resources.warehouse import Warehouse, latest
from pipelines.settings import Settings
from pipelines.sources import transport
from pipelines.sources.archive import Archive
from pipelines.sources.exchange import to_sessions
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.readers import READERS

FORMS: tuple[Form, ...] = tuple(
    make()
    for make in (
        *forms_series.FORMS,
        *forms_vintages.FORMS,
        *forms_vendors.FORMS,
        *forms_filings.FORMS,
        *forms_sec.FORMS,
        *forms_drop.FORMS,
    )
)
NO_WIRE = "a file has no wire"
CONTENT = tuple(content_faults(FORMS[0]))
ALL = (*list(FAULTS)[:3], *NOBODY, *list(FAULTS)[3:-1], *CONTENT, "clock skew")
RETRIES = 2

# The ways a fault ends.
ENDS = {
    "refused": "the reader or the client names what is wrong; nothing is landed",
    "gate 1": "a check of gate 1 names what is wrong; the series is set aside whole",
    "rows aside": "the rows that are wrong are in quality.quarantine with the reason; the others are landed",
    "later": "rows of days to come are left out and counted; the others are landed",
    "ours stays": "what the provider no longer sends is counted; what we hold stays",
    "asked again": "asked again, then landed as the good answer",
    "same": "landed as the good answer is",
    "not applicable": "the form has no such thing",
    "WRONG": "something was landed that should not have been",
}


@dataclass(frozen=True)
class Cell:
    """What one fault did to one form: requests made, seconds asked to wait, how it ended, what was said."""

    form: str
    fault: str
    end: str
    said: str
    requests: int = 0


State = dict[str, Counter[tuple[Any, ...]]]


def is_dropped(form: Form) -> bool:
    return form.name.startswith("drop ")


class Bench:
    """A small raw warehouse that holds what each form answered before; every cell is undone."""

    def __init__(self, settings: Settings, connection: duckdb.DuckDBPyConnection, server: Provider) -> None:
        self.settings, self.connection, self.server = settings, connection, server

    def cells(self, form: Form) -> Iterator[Cell]:
        """Every fault on one form."""
        changes = content_faults(form)
        try:
            before = self._good(form, is_before=True)
            self._keep(form)
            due = self._good(form, is_before=False)
            assert before != due, f"{form.name}: the good answer brings nothing new"
            for fault in ALL:
                if why := self._without(form, fault):
                    yield Cell(form.name, fault, "not applicable", why)
                    continue
                self._put_back(form)
                table = changes[fault](form.now) if fault in changes else form.now
                yield self._cell(form, fault, dict(form.render(table, False)), before, due)
        finally:
            for name in self._filled(form):
                self.connection.execute(f"delete from {name}")

    def _filled(self, form: Form) -> tuple[str, ...]:
        """What a landing writes to."""
        return (*(f"raw.{name}" for name in self._tables(form)), *(f"quality.{name}" for name in LOG_TABLES))

    def _keep(self, form: Form) -> None:
        for n, name in enumerate(self._filled(form)):
            self.connection.execute(f"create or replace temp table kept_{n} as from {name}")

    def _put_back(self, form: Form) -> None:
        """A landing commits: a cell is undone by what was held before it."""
        for n, name in enumerate(self._filled(form)):
            self.connection.execute(f"delete from {name}; insert into {name} from kept_{n}")

    def _good(self, form: Form, is_before: bool) -> State:
        """What is held after a good answer."""
        self.server.serve(dict(form.render(form.before if is_before else form.now, is_before)), form.kind)
        failing = self._land(form, self.pulls(form, is_before), "before" if is_before else "good", DAY_BEFORE if is_before else AS_OF)
        assert not failing, f"{form.name}: the good answer does not pass: {failing}"
        return self._state(form)

    def _without(self, form: Form, fault: str) -> str | None:
        if is_dropped(form) and (fault in NOBODY or fault in FAULTS) and fault not in ("HTML with 200", "empty", *ON_FILES):
            return NO_WIRE
        return form.without.get(fault)

    def _cell(self, form: Form, fault: str, answers: dict[str, bytes], before: State, due: State) -> Cell:
        waits: list[float] = []
        with ExitStack() as stack:
            stack.enter_context(patch.object(transport, "BACKOFF_S", 0.001))
            stack.enter_context(patch.object(transport.PatientRetry, "sleep_for_retry", waiting(waits)))
            if is_dropped(form):
                self.server.asked = []
                pulls = self.pulls(form, answers={k: ON_FILES[fault](v) if fault in ON_FILES else v for k, v in answers.items()})
            else:
                self.server.serve(answers, form.kind, FAULTS.get(fault, good))
                tries = stack.enter_context(nobody(fault)) if fault in NOBODY else self.server.asked
                pulls = self.pulls(form, fault=fault)
                self.server.asked = tries
        failing = self._land(form, pulls, "cell", AS_OF)
        return self._judged(form, fault, pulls, failing, before, due, waits)

    def _judged(
        self, form: Form, fault: str, pulls: list[Pull], failing: dict[str, str], before: State, due: State, waits: list[float]
    ) -> Cell:
        after, n = self._state(form), len(self.server.asked)
        aside = self._rows("select reason, count(*) from quality.quarantine where run_id = 'cell' group by all order by all")
        ((later, gone),) = self._rows(
            "select coalesce(sum(later_rows), 0), coalesce(sum(withdrawn_rows), 0) from quality.source_pulls where run_id = 'cell'"
        )
        lost = {t: before[t] - after[t] for t in before if before[t] - after[t]}
        odd = {t: after[t] - due[t] - before[t] for t in after if after[t] - due[t] - before[t]}
        revised = {t: rows for t, rows in lost.items() if not rows <= (before[t] - due[t])}
        until = "until the date said" if "date" in fault else "the seconds said"
        waited = f", after waiting {until}" if waits else ""
        error = next((p.error for p in pulls if p.error), None)
        if odd or revised:
            rows = next(iter((odd or revised).values()))
            return Cell(form.name, fault, "WRONG", f"{sum(rows.values())} rows, such as {next(iter(rows))}", n)
        if error is not None:
            return Cell(form.name, fault, "refused", _plain(f"found {error.found}; expected {error.expected}"), n)
        if failing:
            checks = list(dict.fromkeys(re.findall(r"raw\.(\w+): (\w+) failed", " ".join(failing.values()))))
            return Cell(form.name, fault, "gate 1", _plain(", ".join(c for _, c in checks)), n)
        if aside:
            return Cell(form.name, fault, "rows aside", _plain("; ".join(f"{count} {reason}" for reason, count in aside)), n)
        if later:
            return Cell(form.name, fault, "later", f"{later} rows left out until their day", n)
        if gone:
            return Cell(form.name, fault, "ours stays", f"{gone} rows no longer sent", n)
        if after != due:
            missing = sum(sum((due[t] - after[t]).values()) for t in due)
            if fault == "future dates":
                return Cell(form.name, fault, "later", f"{missing} rows not asked for before their day", n)
            return Cell(form.name, fault, "WRONG", f"{missing} rows of the good answer are missing, and nothing says so", n)
        again = n > self._due_requests(form)
        return Cell(form.name, fault, "asked again" if again else "same", f"{n} requests{waited}" if again else "", n)

    def _due_requests(self, form: Form) -> int:
        return len(form.render(form.now, False))

    def pulls(self, form: Form, is_before: bool = False, fault: str = "", answers: dict[str, bytes] | None = None) -> list[Pull]:
        scope = self._scope("before" if is_before else "cell", DAY_BEFORE if is_before else AS_OF)
        if answers is None:
            answers = dict(form.render(form.before if is_before else form.now, is_before))
        if is_dropped(form):
            return self._dropped(answers, scope)
        series = catalog()[form.series_id]
        reader = READERS[series.provider]
        with self._client(form, is_before, fault) as client:
            try:
                frames = reader.read(series, client, Window(None, scope.as_of))
            except SourceError as problem:
                return [Pull(series, receipts=client.receipts, error=problem)]
            return [Pull(series, frames, client.receipts)]

    def _dropped(self, files: dict[str, bytes], scope: Scope) -> list[Pull]:
        folder = self.settings.warehouse / "drop"
        for old in [p for p in folder.rglob("*") if p.is_file()]:
            old.unlink()
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return drops.pulls(self.connection, folder, scope, lambda _: None)

    def _client(self, form: Form, is_before: bool, fault: str) -> Client:
        deadline_s = DEADLINE_S if fault in ("timeout", "trickle", "trickling headers") else 60.0
        return Client(
            Archive(self.settings.archive), None, "desk@example.org", 2, deadline_s, RETRIES,
            transport.through_mirror(self.server.url, RETRIES, deadline_s),
            now=lambda: NOW,
            tokens={} if form.without_token else dict.fromkeys(READERS, "token"),
            asks=form.asks(is_before),
        )  # fmt: skip

    def _scope(self, run_id: str, as_of: date) -> Scope:
        return Scope(run_id, as_of, as_of, "observed", to_sessions, datetime(2026, 1, 9, 22, 30))  # noqa: DTZ001

    def _land(self, form: Form, pulls: list[Pull], run_id: str, as_of: date) -> dict[str, str]:
        events = judge_and_merge(self.connection, self._scope(run_id, as_of), [contracts()[t] for t in self._tables(form)], pulls)
        while True:
            try:
                next(events)
            except StopIteration as end:
                failing: dict[str, str] = end.value
                return failing

    def _tables(self, form: Form) -> tuple[str, ...]:
        if is_dropped(form):
            return (f"drop_{form.name.removeprefix('drop ')}",)
        return READERS[catalog()[form.series_id].provider].TABLES

    def _state(self, form: Form) -> State:
        """The newest version of every row, as it would be modelled."""
        found: State = {}
        for name in self._tables(form):
            contract = contracts()[name]
            columns = ", ".join(c.name for c in contract.columns if c.name not in form.ignored)
            found[name] = Counter(self._rows(f"select {columns} from {latest(contract)}"))
        return found

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()


ON_FILES: dict[str, Callable[[bytes], bytes]] = {
    "HTML with 200": lambda _: HTML + b"\n",
    "empty": lambda _: b"",
    "half body": lambda content: content[: len(content) * 2 // 3 - 1],
    "wrong content type": lambda content: b"PAR1" + content + b"PAR1",
    "zip for CSV": lambda content: b"PK\x03\x04" + content,
}


def _plain(text: str) -> str:
    """Without what differs from run to run, and fit for a cell of a table."""
    text = re.sub(r"0x[0-9a-f]+|port=\d+|:\d{4,5}\b", "…", text)
    text = re.sub(r"[\d,]+ bytes so far|\d+ milliseconds", "some bytes so far", text)
    text = re.sub(r"(HTTPConnectionPool|HTTPSConnectionPool)\([^)]*\)", "pool", text)
    return " ".join(text.replace("|", "/").split())[:160]


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """A bench in an empty folder."""
    settings = Settings(warehouse=folder)
    with provider() as server, Warehouse(settings, "live").work() as connection:
        yield Bench(settings, connection, server)


def cells_of(folder: Path, form: Form) -> list[Cell]:
    """Every cell of a form."""
    with bench(folder) as one:
        return list(one.cells(form))


def cells_named(name: str) -> list[Cell]:
    """Every cell of the form of this name, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return cells_of(Path(folder), next(form for form in FORMS if form.name == name))
