"""A source's yml is read as a contract, or refused with file, table and cure."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.checks.expectations import check_names, expectations
from pipelines.checks.stories import STORIES
from pipelines.contracts import POLARS_TYPES, ContractError, _contract, contracts
from pipelines.sources import drop
from pipelines.sources.readers import READERS

TABLE: dict[str, Any] = {
    "name": "a_rows",
    "description": "Rows.",
    "config": {"meta": {"provider": "a", "key": ["day"], "symbol_column": None, "date_column": "day", "checks": []}},
    "columns": [
        {"name": "day", "data_type": "date", "description": "Day.", "config": {"meta": {"nullable": False}}},
        {"name": "kind", "data_type": "varchar", "description": "Kind.", "config": {"meta": {"values": ["x", "y"]}}},
    ],
}


def test_columns_types_keys_and_limits_come_from_the_yml() -> None:
    contract = _contract(TABLE, Path("_a__sources.yml"))
    assert contract.key == ("day",)
    assert contract.value_columns == ("kind",)
    assert contract.schema == pl.Schema({"day": pl.Date(), "kind": pl.String()})
    assert contract.columns[0].nullable is False
    assert contract.columns[1].values == ("x", "y")


@pytest.mark.parametrize("lost", ["key", "date_column", "checks"])
def test_a_part_that_is_missing_names_file_and_table(lost: str) -> None:
    meta = {k: v for k, v in TABLE["config"]["meta"].items() if k != lost}
    with pytest.raises(ContractError, match=r"_a__sources.yml, table a_rows: .*Follow the form of the other sources"):
        _contract(TABLE | {"config": {"meta": meta}}, Path("_a__sources.yml"))


def test_an_unknown_type_or_a_key_that_is_no_column_is_refused() -> None:
    odd = [TABLE["columns"][0] | {"data_type": "decimal(9,4)"}]
    with pytest.raises(ContractError, match=r"unknown types \['decimal\(9,4\)'\]"):
        _contract(TABLE | {"columns": odd}, Path("_a__sources.yml"))
    with pytest.raises(ContractError, match="Correct the yml"):
        _contract(TABLE | {"columns": TABLE["columns"][1:]}, Path("_a__sources.yml"))


def test_every_table_of_a_reader_has_a_contract_of_its_provider() -> None:
    tables = {t: name for name, reader in READERS.items() for t in reader.TABLES} | dict.fromkeys(drop.TABLES, "drop")
    assert {t: contracts()[t].provider for t in tables} == tables
    assert set(contracts()) - set(tables) == {"clock_day", "exchange_sessions"}


def test_every_check_has_its_story_and_every_expectation_a_check() -> None:
    for contract in contracts().values():
        assert set(check_names(contract)) <= set(STORIES)
        assert {e.check for e in expectations(contract)} <= set(check_names(contract))
        assert {c.data_type for c in contract.columns} <= set(POLARS_TYPES)
