"""Poison for gate 2: for every dbt test and every rule of one, a tamper with a built table that breaks just what it guards. Not for running them (table_ground).

Of a key, a row is doubled; of a relation, a value points nowhere; of a rule, the cell whose change breaks it is looked for; of a sentence
(singular test) the tamper is written down in tampers.py.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bench.reliability.table_ground import DbtTest, TableGround, Tamper
from bench.reliability.tampers import TAMPERS

WORDS = re.compile(r"'((?:[^']|'')*)'")
NUMBERS = ("null", "0", "-1", "1", "1000000", "-1000000", "{c} + 1", "{c} - 1", "-{c}", "{c} * 3")
DAYS = ("null", "date '2100-01-01'", "date '1900-01-01'")


@dataclass(frozen=True)
class TablePoison:
    """A tampered table and the test that must fail; `rule`: which of its rules."""

    test: DbtTest
    rule: str
    tamper: Tamper | None

    @property
    def name(self) -> str:
        return f"{self.test.name}: {self.rule}" if self.rule else self.test.name


def missed(poison: TablePoison, ground: TableGround, sql: str | None = None) -> str | None:
    """Why the poison was not caught by its test; None where it was. `sql` in the place of the test's own."""
    if poison.tamper is None:
        return "no tamper breaks it"
    with ground.tampered(poison.tamper):
        asked = sql or poison.test.sql
        is_seen = ground.breaks(asked, poison.rule) if poison.rule else ground.fails(asked)
    return None if is_seen else f"not seen: {poison.tamper.sql[:300]}"


def survives(poison: TablePoison, ground: TableGround) -> bool:
    """Whether the poison is still caught by its test when the rule is taken out of it; a test without rules is taken out whole."""
    return missed(poison, ground, poison.test.without(poison.rule) if poison.rule else "select 1 where false") is None


def names(ground: TableGround) -> list[tuple[DbtTest, str]]:
    """Every test with each of its rules; without one where it has none."""
    return [(test, rule) for test in ground.tests.values() for rule in test.rules or ("",)]


def poison_of(ground: TableGround, test: DbtTest, rule: str) -> TablePoison:
    """The tamper with the table a test is attached to."""
    if test.kind == "singular":
        return TablePoison(test, rule, TAMPERS.get(test.name))
    assert test.table is not None
    if test.kind == "unique_key":
        return TablePoison(test, rule, Tamper(test.table, _doubled(ground, test.table)))
    if test.kind == "relationships":
        return TablePoison(test, rule, _nowhere(ground, test.table, test.arguments["column_name"]))
    return TablePoison(test, rule, _breaking(ground, test.table, test.rules[rule]))


def _is_empty(ground: TableGround, table: str) -> bool:
    return not ground.connection.execute(f"select 1 from {table} limit 1").fetchall()


def _row(ground: TableGround, table: str, **values: str) -> str:
    """A row of nothing but these values."""
    return "select " + ", ".join(f'cast({values.get(c, "null")} as {t}) as "{c}"' for c, t in ground.columns(table).items())


def _doubled(ground: TableGround, table: str) -> str:
    if _is_empty(ground, table):
        return f"select * from {{t}} union all ({_row(ground, table)}) union all ({_row(ground, table)})"
    return "select * from {t} union all (select * from {t} limit 1)"


def _nowhere(ground: TableGround, table: str, column: str) -> Tamper:
    if _is_empty(ground, table):
        row = _row(ground, table, **{column: "'NOWHERE'"})
        return Tamper(table, f"select * from {{t}} union all ({row})")
    return Tamper(table, f"select * replace (case when rowid = 0 then 'NOWHERE' else {column} end as {column}) from {{t}}")


def _breaking(ground: TableGround, table: str, broken: str) -> Tamper | None:
    """The first cell, or two, whose change makes the condition true for a row; a row of such cells where the table has none."""
    types = ground.columns(table)
    named = [c for c in types if re.search(rf"\b{c}\b", broken)]
    is_empty = _is_empty(ground, table)
    values = {c: [v for v in _candidates(types[c], broken) if not (is_empty and "{c}" in v)] for c in named}
    for changed in _changes(named, values, len(named) if is_empty else 2):
        cells = ", ".join(f'try_cast({v.format(c=c)} as {types[c]}) as "{c}"' for c, v in changed.items())
        if is_empty:
            row = _row(ground, table, **changed)
            if ground.connection.execute(f"select 1 from ({row}) where {broken}").fetchall():
                return Tamper(table, f"select * from {{t}} union all ({row})")
            continue
        source = table.replace('"rotation"', "shown").replace('"work"', "filled")
        found = ground.connection.execute(
            f"select row from (select * replace ({cells}), rowid as row from {source}) where {broken} limit 1"
        ).fetchall()
        if found:
            placed = ", ".join(
                f'case when rowid = {found[0][0]} then try_cast({v.format(c=c)} as {types[c]}) else "{c}" end as "{c}"'
                for c, v in changed.items()
            )
            return Tamper(table, f"select * replace ({placed}) from {{t}}")
    return None


def _changes(named: list[str], values: dict[str, list[str]], most: int) -> Iterator[dict[str, str]]:
    for n in range(1, min(most, 3) + 1):
        for columns in itertools.combinations(named, n):
            for chosen in itertools.product(*(values[c] for c in columns)):
                yield dict(zip(columns, chosen, strict=True))


def _candidates(data_type: str, broken: str) -> list[str]:
    """Values a cell may be spoiled by, those of its kind that the condition names among them."""
    if data_type == "VARCHAR":
        return ["null", "'unheard_of'", "''", *dict.fromkeys(f"'{w}'" for w in WORDS.findall(broken))]
    if data_type == "BOOLEAN":
        return ["null", "true", "false"]
    if data_type.startswith(("DATE", "TIMESTAMP")):
        return list(DAYS)
    return list(NUMBERS)
