"""Gates opened whole: what fails is merged all the same, or is said and stops nothing. Not for single checks (gates)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from bench.reliability import poison_file
from bench.reliability.table_ground import TableGround
from pipelines.assets.landing import assets


@contextmanager
def _merged_all_the_same() -> Iterator[None]:
    merge: Any = assets.merge_passed
    with patch.object(assets, "merge_passed", lambda connection, batch, _failing, scope: merge(connection, batch, set(), scope)):
        yield


@contextmanager
def _nothing_required() -> Iterator[None]:
    with patch.object(assets.blocked, "append_blocked", lambda *_, **__: None):
        yield


@contextmanager
def _tests_left_out() -> Iterator[None]:
    with patch.object(TableGround, "fails", lambda *_: False), patch.object(TableGround, "breaks", lambda *_: False):
        yield


@contextmanager
def _all_warn() -> Iterator[None]:
    checks: Any = poison_file.checks
    with patch.object(poison_file, "checks", lambda *given: [replace(c, severity="warn") for c in checks(*given)]):
        yield


@contextmanager
def _no_checks() -> Iterator[None]:
    with patch.object(poison_file, "checks", lambda *_: []):
        yield


# By gate and what was done to it.
OPENED: dict[tuple[str, str], Callable[[], AbstractContextManager[None]]] = {
    ("1", "merges what fails"): _merged_all_the_same,
    ("1", "stops no run"): _nothing_required,
    ("2", "runs no test"): _tests_left_out,
    ("3", "warns only"): _all_warn,
    ("3", "runs no check"): _no_checks,
}
