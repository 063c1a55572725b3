"""Rows tried side by side, as many as there are cores. Not for which, or how often (__main__.py)."""

import multiprocessing as mp
import queue
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing.queues import Queue
from pathlib import Path

from rich.console import Console

from bench.reliability.row import NotHereError, Row, Trial
from bench.reliability.trials import trials

spawn = mp.get_context("spawn")  # nothing of one row is in the memory of another
Told = tuple[str, str]
Ended = tuple[Row | str, float]  # the row, or why it cannot be tried here; minutes
heard: "Queue[Told] | None" = None  # of a row's process: where it says how far it is


def side_by_side(names: Sequence[str], counts: Mapping[str, int], at_once: int, out: Console) -> dict[str, Ended]:
    """Try rows, so many at once, each in a process of its own; say which are at work, and what came of each."""
    said, now, ended = spawn.Queue(), dict[str, str](), dict[str, Ended]()
    with (
        out.status("beginning") as status,
        ProcessPoolExecutor(at_once, spawn, _hear, (said,), max_tasks_per_child=1) as pool,
    ):
        left: dict[Future[Ended], str] = {pool.submit(_one, name, counts[name]): name for name in names}
        while left:
            over, _ = wait(left, timeout=0.5, return_when=FIRST_COMPLETED)
            while not said.empty():
                try:
                    now |= dict([said.get(timeout=1)])
                except queue.Empty:
                    break
            for future in over:
                name = left.pop(future)
                now.pop(name, None)
                ended[name] = row, minutes = future.result()
                text = f"not tried, {row}" if isinstance(row, str) else f"{row.done:,} tries, {len(row.failures)} failed. {row.said}"
                out.print(f"{name}: {minutes:.1f} min, {text}")
            status.update("\n".join(f"{name}: {text}" for name, text in now.items() if name in left.values()) or "beginning")
    return ended


def _hear(said: "Queue[Told]") -> None:
    global heard  # a pool's process has no other way to be told
    heard = said


def _one(name: str, count: int) -> Ended:
    """Try one row, in the process it is given."""
    trial: Trial = next(t for t in trials() if t.name == name)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix=f"rotation-{name}-") as folder:
        try:
            row: Row | str = trial.run(count, Path(folder), lambda text: heard.put((name, text)) if heard else None)
        except NotHereError as reason:
            row = str(reason)
    return row, (time.perf_counter() - began) / 60
