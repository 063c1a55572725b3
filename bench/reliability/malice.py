"""Malicious drops landed by the real code in a process with limits: refused by name, nothing else touched. Not for making them (malicious_….py)."""

import json
import multiprocessing
import os
import re
import resource
import shutil
import time
from datetime import date, datetime
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.reliability import malicious_bytes, malicious_names
from bench.reliability.malicious_names import GOOD, Case
from bench.reliability.row import Row, Tell

MEMORY = 2 << 30  # over what the process has before it looks at the drop folder
SECONDS = 20  # of processor time: on a busy machine the clock says nothing
PATIENCE_S = 400.0  # for one that waits for ever
PRELOADED = [
    "bench.reliability.malice",
    "duckdb",
    "dagster",
    "great_expectations.expectations",
]  # the slow ones; not Polars, whose threads a fork would lose
AS_OF = date(2026, 1, 9)
LIVELY = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def cases() -> list[Case]:
    return [*malicious_names.cases(), *malicious_bytes.cases()]


def run(count: int, folder: Path, tell: Tell) -> Row:
    """Land `count` cases, spread over all, each in a warehouse of its own that holds a good file."""
    all_of_them = cases()
    step = max(1, len(all_of_them) // count)
    chosen = all_of_them[::step][:count] if step > 1 else all_of_them
    starting = multiprocessing.get_context("forkserver")
    starting.set_forkserver_preload(PRELOADED)
    base = folder / "base"
    malicious_names.put("bars/SP500/good.csv", GOOD)(base / "drop")
    first = _landed(starting, base)
    if first.get("failing") != {}:
        return Row("malicious drops", 0, (f"the good file was not taken: {first}",))
    before = first["raw"]
    failures, most, longest = [], 0, 0.0
    for n, case in enumerate(chosen, 1):
        tell(f"{n} of {len(chosen)}: {case.name}")
        home = folder / "case"
        shutil.copytree(base, home)
        put_outside(home)
        case.build(home / "drop")
        outside, dropped = _tree(home / "outside"), _files(home / "drop")
        said = _landed(starting, home)
        failures += [f"{case.name}: {f}" for f in _wrong(case, said, before, home, dropped, outside)]
        most, longest = max(most, said.get("memory", 0)), max(longest, said.get("seconds", 0.0))
        shutil.rmtree(home)
    return Row(
        "malicious drops refused by name", len(chosen), tuple(failures), f"at most {most >> 20:,} MB more and {longest:.1f} s for one"
    )


def put_outside(home: Path) -> None:
    """What a link or a path upwards would reach."""
    (home / "outside").mkdir()
    (home / "outside" / "secret.csv").write_text(GOOD.replace("AAA", "SECRET"))


def _tree(folder: Path) -> dict[str, str]:
    """Every file below a folder with its hash; names as bytes would be written."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root) / name
            if path.is_file() and not path.is_symlink():
                found[repr(str(path.relative_to(folder)))] = (
                    sha256(path.read_bytes()).hexdigest() if path.stat().st_size < 1 << 30 else "large"
                )
    return found


def _files(folder: Path) -> list[str]:
    return sorted(_tree(folder).values())


def _wrong(case: Case, said: dict[str, Any], before: Any, home: Path, dropped: list[str], outside: dict[str, str]) -> list[str]:
    """What is not as it must be."""
    if "failing" not in said:
        return [said["died"]]
    wrong = []
    refused = {name: reason for name, reason in said["failing"].items() if re.search(case.because, reason)}
    if not refused:
        wrong.append(f"refused as {said['failing']}, expected {case.because!r}" if said["failing"] else "not refused")
    wrong += [f"the reason does not name {name!r}: {reason[:200]!r}" for name, reason in said["failing"].items() if name not in reason]
    texts = [*said["failing"], *said["failing"].values(), *said["told"]]
    wrong += [f"not plain: {text[:200]!r}" for text in texts if LIVELY.search(text)]
    if said["raw"] != before:
        wrong.append("raw tables are not as before")
    if _tree(home / "outside") != outside:
        wrong.append("something outside was touched")
    if strange := sorted({p.name for p in home.iterdir()} - {"outside", "drop", "warehouse"}):
        wrong.append(f"new beside the drop folder: {strange}")
    if strange := sorted({p.name for p in (home / "warehouse").iterdir()} - {"work", "archive", "quarantine"}):
        wrong.append(f"new in the warehouse: {strange}")
    left = [*_files(home / "drop"), *_files(home / "warehouse" / "quarantine")]
    if lost := [digest for digest in dropped if dropped.count(digest) > left.count(digest)]:
        wrong.append(f"{len(lost)} files are lost")
    return wrong


def _landed(starting: Any, home: Path) -> dict[str, Any]:
    """Land what lies in the folder, in a process of its own; what it says, or how it died."""
    ours, theirs = starting.Pipe(duplex=False)
    process = starting.Process(target=_land, args=(str(home), theirs), daemon=True)
    process.start()
    theirs.close()
    started = time.perf_counter()
    said: dict[str, Any] = {}
    try:
        while "failing" not in said and ours.poll(PATIENCE_S):  # the first word says that it begins
            said = json.loads(ours.recv())
    except EOFError:
        process.join(10)
        said = {"died": f"the process ended with {process.exitcode} after {time.perf_counter() - started:.1f} s"}
    if process.is_alive() and not {"failing", "died"} & set(said):
        said = {"died": f"no end within {PATIENCE_S:.0f} s"}
    process.kill()
    process.join()
    ours.close()
    return said


def _land(home: str, answer: Connection) -> None:
    """In the child: land as the asset does, within the limits."""
    os.environ |= {
        "ROTATION_WAREHOUSE": f"{home}/warehouse",
        "ROTATION_DROP": f"{home}/drop",
        "ROTATION_THREADS": "2",
        "ROTATION_MEMORY_LIMIT": "1GB",
    }
    from pipelines.assets.landing import drops
    from pipelines.assets.landing.assets import judge_and_merge
    from pipelines.assets.landing.batch import Scope
    from pipelines.contracts import contracts
    from pipelines.resources.warehouse import Warehouse
    from pipelines.settings import settings
    from pipelines.sources.archive import Archive
    from pipelines.sources.exchange import to_sessions

    tables, told = [c for c in contracts().values() if c.provider == "drop"], list[str]()
    with Warehouse(settings(), "live").work() as connection:
        scope = Scope(Path(home).name, AS_OF, AS_OF, "observed", to_sessions, datetime(2026, 1, 10))  # noqa: DTZ001
        to_sessions(connection.sql("select date '2026-01-08' as day").pl()["day"])  # the calendar is no part of what is measured
        size, resident = (int(n) * resource.getpagesize() for n in Path("/proc/self/statm").read_text().split()[:2])
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
        answer.send(json.dumps({"begins": True}))
        used = int(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (used + SECONDS + 1, used + SECONDS + 2))
        started = time.process_time()
        pulls = drops.pulls(connection, settings().drop_folder, scope, told.append, Archive(settings().archive))
        events, failing = judge_and_merge(connection, scope, tables, pulls), {}
        while True:
            try:
                event = next(events)
                told.append(str(getattr(event, "description", "") or ""))
            except StopIteration as end:
                failing = end.value
                break
        drops.move_aside(connection, settings().quarantine / "drop", scope.run_id, pulls, failing)
        seconds = time.process_time() - started
        raw = {
            c.name: connection.execute(f"select count(*), bit_xor(hash(t)) from raw.{c.name} as t").fetchall() for c in contracts().values()
        }
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - resident
    answer.send(json.dumps({"failing": failing, "told": told, "raw": raw, "memory": memory, "seconds": seconds}))
