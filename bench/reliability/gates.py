"""The poisons of the three gates as cases of one form, each with its mutant: the check it is for, taken out. Not for the poisons themselves (poison_*)."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb

from bench.reliability import mutants_raw, poison_contracts, poison_file, poison_raw, poison_tables
from bench.reliability.poison_contracts import ContractGround
from bench.reliability.raw_ground import Ground, ground, ready
from bench.reliability.sample import candidate, cut_small, published_sample
from bench.reliability.table_ground import TableGround
from pipelines.checks.remarks import NAMES as REMARKS

T = TypeVar("T")
BROUGHT = tuple(f"raw.yahoo_bars {check}" for check in ("high_is_highest", "low_is_lowest", "sources_agree", "volume_is_traded"))
Says = Callable[[], str | None]


@dataclass(frozen=True)
class Case:
    """One poison: `missed` says why its check did not catch it, None where it did; `survives`: whether it is caught with that check taken out.

    `stops`: whether the check stops what fails it; a remark, and a test that warns, only say so."""

    gate: str
    name: str
    stops: bool
    missed: Says
    survives: Callable[[], bool]


@dataclass(frozen=True)
class Gates:
    """All cases, and what is wrong where nothing is poisoned."""

    cases: Sequence[Case]
    clean: Callable[[], list[str]]

    def of(self, gate: str) -> Sequence[Case]:
        """A few cases of a gate that stop what fails them; of gate 1 such as bring rows of a required series, which could be merged,
        of gate 2 tests, which can be left out: dbt keeps contracts while it builds."""
        can = [c for c in self.cases if c.gate == gate and c.stops and not c.name.startswith(poison_contracts.CONTRACT)]
        return [c for c in can if c.name in BROUGHT] if gate == "1" else can[::80]


@contextmanager
def gates(folder: Path) -> Iterator[Gates]:
    """The three gates on their grounds."""
    with ExitStack() as stack:
        raw = stack.enter_context(ground(folder / "raw"))
        sample = published_sample(folder)
        tables = TableGround(stack.enter_context(duckdb.connect()), sample)
        (folder / "small").mkdir()
        cut_small(sample, folder / "small")
        file = stack.enter_context(candidate(folder / "small"))
        contracts = ContractGround(sample, folder / "contracts")
        yield Gates([*_raw(raw), *_contracts(contracts), *_tables(tables), *_file(file)], lambda: _clean(raw, tables, file))


def _raw(on: Ground) -> Iterator[Case]:
    for one in poison_raw.poisons():
        yield Case("1", one.name, True, lambda p=one: poison_raw.missed(p, on), lambda p=one: mutants_raw.survives(p, on))  # type: ignore[misc]


def _tables(on: TableGround) -> Iterator[Case]:
    for test, rule in poison_tables.names(on):
        name = f"{test.name}: {rule}" if rule else test.name
        yield Case(
            "2",
            name,
            test.stops,
            lambda t=test, r=rule: poison_tables.missed(poison_tables.poison_of(on, t, r), on),  # type: ignore[misc]
            lambda t=test, r=rule: poison_tables.survives(poison_tables.poison_of(on, t, r), on),  # type: ignore[misc]
        )


def _contracts(on: ContractGround) -> Iterator[Case]:
    for one in poison_contracts.POISONS.values():
        yield Case(
            "2",
            one.name,
            True,
            lambda p=one: poison_contracts.missed(p, on),  # type: ignore[misc]
            lambda p=one: poison_contracts.survives(p, on),  # type: ignore[misc]
        )


def _file(on: duckdb.DuckDBPyConnection) -> Iterator[Case]:
    for check in poison_file.TAMPERED:
        yield Case(
            "3",
            check,
            check not in REMARKS,
            lambda c=check: poison_file.missed(on, c),  # type: ignore[misc]
            lambda c=check: poison_file.missed(on, c, without=c) is None,  # type: ignore[misc]
        )


def _clean(raw: Ground, tables: TableGround, file: duckdb.DuckDBPyConnection) -> list[str]:
    """Checks that fail where nothing was spoiled: then their poison proves nothing."""
    found = []
    for table, offer in ready().items():
        landed = raw.land(offer, offer.now)
        found += [f"raw.{table}, unspoiled, fails {check}" for _, check in landed.failed]
    found += [f"{test.name} fails on the untampered sample" for test in tables.tests.values() if tables.fails(test.sql)]
    return found + [f"{name} fails on the untampered candidate" for name in poison_file.failing(file)]


def some(cases: Sequence[T], wanted: int, full: int) -> tuple[list[T], str]:
    """All of them where the full count is wanted; else about so many, evenly, from a start that differs from time to time and is told."""
    if wanted >= full:
        return list(cases), ""
    step = max(1, len(cases) // wanted)
    start = random.SystemRandom().randrange(step)
    return list(cases)[start::step], f"every {step}th of {len(cases)}, from number {start}"
