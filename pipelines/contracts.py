"""The dbt yml of the sources as table contracts: columns, types, keys, limits. Written once, in dbt; read here. Not for checking."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from pipelines.settings import ROOT

STAGING = ROOT / "dbt_project" / "models" / "staging"

POLARS_TYPES: dict[str, pl.DataType] = {
    "varchar": pl.String(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us"),
    "double": pl.Float64(),
    "bigint": pl.Int64(),
    "boolean": pl.Boolean(),
}


class ContractError(Exception):
    """A source yml cannot be read as a contract; the message names file, table and cure."""


@dataclass(frozen=True)
class Column:
    """One column: DuckDB type, and the limits a value must keep."""

    name: str
    data_type: str
    description: str
    nullable: bool = True
    above: float | None = None
    min: float | None = None
    max: float | None = None
    values: tuple[str, ...] | None = None
    pattern: str | None = None
    nonzero: bool = False

    @property
    def polars_type(self) -> pl.DataType:
        return POLARS_TYPES[self.data_type]


@dataclass(frozen=True)
class TableContract:
    """One raw table: its columns, natural key, and the names of the checks its batches must pass.

    sets_rows_aside: a row that fails is set aside alone; in other tables it takes its whole series with it.
    compared: the columns whose change makes a row a revision; by default all but the key.
    feeds: the source_id of what is computed from the table, where no symbol of the catalogue names it: late rows may move that past.
    """

    name: str
    description: str
    provider: str
    key: tuple[str, ...]
    date_column: str
    symbol_column: str | None
    checks: tuple[str, ...]
    columns: tuple[Column, ...]
    max_move_pct: float | None = None
    max_fall_pct: float | None = None
    sets_rows_aside: bool = False
    compared: tuple[str, ...] | None = None
    feeds: str | None = None

    @property
    def compared_columns(self) -> tuple[str, ...]:
        """Columns whose change makes a row a revision."""
        return self.compared or self.value_columns

    @property
    def value_columns(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns if c.name not in self.key)

    @property
    def number_columns(self) -> tuple[str, ...]:
        """Columns of measured values."""
        return tuple(c.name for c in self.columns if c.data_type == "double" and c.name not in self.key)

    @property
    def schema(self) -> pl.Schema:
        """Polars schema of a cast batch."""
        return pl.Schema({c.name: c.polars_type for c in self.columns})


def _limits(column: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = (column.get("config") or {}).get("meta") or {}
    return {k: tuple(v) if k == "values" else v for k, v in meta.items()}


def _contract(table: dict[str, Any], path: Path) -> TableContract:
    where = f"{path.name}, table {table.get('name')}"
    try:
        meta = dict(table["config"]["meta"])
        columns = tuple(
            Column(
                name=c["name"],
                data_type=c["data_type"],
                description=c["description"],
                **_limits(c),
            )
            for c in table["columns"]
        )
        key, checks = tuple(meta.pop("key")), tuple(meta.pop("checks"))
        compared = meta.pop("compared", None)
        contract = TableContract(
            name=table["name"],
            description=table["description"].strip(),
            key=key,
            checks=checks,
            columns=columns,
            compared=tuple(compared) if compared else None,
            **meta,
        )
    except (KeyError, TypeError) as problem:
        raise ContractError(f"{where}: {problem!r}. Follow the form of the other sources.") from None
    names = {c.name for c in columns}
    unknown = [c.data_type for c in columns if c.data_type not in POLARS_TYPES]
    if unknown or not set(contract.key) <= names or contract.date_column not in names:
        raise ContractError(f"{where}: unknown types {unknown}, or a key or date column that is not a column. Correct the yml.")
    return contract


@cache
def contracts() -> dict[str, TableContract]:
    """Every raw table by name.

    Raises:
        ContractError: a yml without the parts a contract needs.
    """
    found = {}
    for path in sorted(STAGING.glob("*/_*__sources.yml")):
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
            for table in source["tables"]:
                found[table["name"]] = _contract(table, path)
    return found
