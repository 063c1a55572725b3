"""Poison for the contracts of gate 2: upstream of a published table a value is taken away, or a column changes its type, and dbt itself builds the table.
Not for dbt's tests (poison_tables)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from bench.clone import clone
from bench.reliability.sample import Sample
from pipelines.resources import dbt
from pipelines.resources.warehouse import quoted
from pipelines.settings import Settings

CONTRACT = "contract of"  # how their names begin


@dataclass(frozen=True)
class ContractPoison:
    """What a contract promises of a column of a table, the harm done upstream, and what dbt must say when it builds the table."""

    table: str
    column: str
    promise: str
    harm: str
    said: str

    @property
    def name(self) -> str:
        return f"{CONTRACT} {self.table}: {self.column} {self.promise}"


def emptied(table: str, column: str, upstream: str, source: str = "") -> ContractPoison:
    """One value of the column is gone where the table takes it from; `source`: by which name it is known there."""
    harm = f"update work.{upstream} set {source or column} = null where rowid = (select max(rowid) from work.{upstream})"
    return ContractPoison(table, column, "is never empty", harm, rf"NOT NULL constraint failed: {table}\w*\.{column}\b")


def retyped(table: str, column: str, upstream: str) -> ContractPoison:
    """The column is text where the table takes it from."""
    harm = f"alter table work.{upstream} alter {column} type varchar"
    return ContractPoison(table, column, "keeps its type", harm, rf"(?s)enforced contract that failed.*\b{column}\b[^\n]*mismatch")


POISONS: Mapping[str, ContractPoison] = {
    poison.table: poison
    for poison in (
        emptied("fct_policy_moves", "change_bp", "intermediate.int_policy_moves"),
        emptied("fct_valuation_monthly", "loss_treatment", "intermediate.int_valuations_monthly"),
        emptied("fct_rotation_daily", "relative_strength", "intermediate.int_pair_levels_daily"),
        emptied("fct_breadth_daily", "advances", "intermediate.int_breadth_daily"),
        emptied("fct_target_upside", "symbol", "raw.drop_targets"),
        emptied("sessions", "session_no", "intermediate.int_sessions"),
        retyped("fct_size_premium_windows", "known_on", "intermediate.int_size_returns"),
    )
}
SELECT = " ".join((*POISONS, "stg_drop__targets"))  # a view on what a run has landed


class ContractGround:
    """A copy of the sample's working file with all the harm done; dbt builds the tables from it, once with their contracts and once without."""

    def __init__(self, sample: Sample, folder: Path) -> None:
        self.sample, self.folder = sample, folder

    @cached_property
    def settings(self) -> Settings:
        copy = Settings(warehouse=self.folder / "warehouse")
        source, target = self.sample.work.parent, copy.work_file("sample").parent
        clone(source, target)
        with duckdb.connect() as connection:
            connection.execute(f"attach {quoted(copy.work_file('sample'))} as work")
            for poison in POISONS.values():
                connection.execute(poison.harm)
        return copy

    @cached_property
    def project(self) -> Any:
        return dbt.parse(self.settings, self.folder / "dbt")

    @cached_property
    def kept(self) -> dict[str, dbt.NodeResult]:
        """What dbt says of each table."""
        return self._built()

    @cached_property
    def let_go(self) -> dict[str, dbt.NodeResult]:
        """The same, with no contract enforced."""
        nodes = [self.project.nodes[f"model.rotation.{table}"] for table in POISONS]
        for node in nodes:
            node.contract.enforced = node.config.contract.enforced = False
        try:
            return self._built()
        finally:
            for node in nodes:
                node.contract.enforced = node.config.contract.enforced = True

    def _built(self) -> dict[str, dbt.NodeResult]:
        results = dbt.build(self.settings, "sample", lambda _: None, part=dbt.Part(SELECT, self.project))
        return {table: r for r in results if (table := r.unique_id.removeprefix("model.rotation.")) in POISONS}


def missed(poison: ContractPoison, ground: ContractGround) -> str | None:
    """Why the contract did not stop its table from being built; None where it did, naming the column."""
    return _missed(poison, ground.kept[poison.table])


def survives(poison: ContractPoison, ground: ContractGround) -> bool:
    """Whether the table is still not built when its contract is not enforced."""
    return ground.let_go[poison.table].status != "success"


def _missed(poison: ContractPoison, result: dbt.NodeResult) -> str | None:
    if result.status == "error" and re.search(poison.said, result.message):
        return None
    return f"{result.status}: {result.message[:300]}"
