"""Mutants of gate 1: landing without one expectation, on its way taken out, not out of its result. Not for the poison that must go by (poison_raw)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from bench.reliability.poison_raw import RawPoison, missed, weakened
from bench.reliability.raw_ground import Ground
from pipelines.assets.landing import assets, batch
from pipelines.checks import expectations
from pipelines.checks.stories import ANSWERED
from pipelines.contracts import TableContract, contracts


def survives(poison: RawPoison, ground: Ground) -> bool:
    """Whether the poison is still caught by its check when the expectation it is for is gone."""
    contract = weakened(contracts()[poison.table], poison)
    with _of_every_table(poison.check):
        if poison.check == "key_is_unique" and contract.sets_rows_aside:
            contract = replace(contract, compared=(_untouched(contract),))
        return missed(poison, ground, contract) is None


def _untouched(contract: TableContract) -> str:
    """A column in which a key said twice does not differ: rows told apart by it alone are never two."""
    return next(c for c in ("origin", "exchange") if c in contract.value_columns)


@contextmanager
def _of_every_table(check: str) -> Iterator[None]:
    """The checks no contract names, out of the code that runs them."""
    if check == "rows_readable":
        names = expectations.check_names
        with patch.object(batch, "check_names", lambda c: tuple(n for n in names(c) if n != check)):
            yield
    elif check == "key_is_unique":
        every = expectations.expectations
        with patch.object(expectations, "expectations", lambda c: [e for e in every(c) if e.check != check]):
            yield
    elif check == ANSWERED:
        answered: Any = assets._answered
        with patch.object(assets, "_answered", lambda table, pulls, _: answered(table, [replace(p, error=None) for p in pulls], [])):
            yield
    else:
        yield
