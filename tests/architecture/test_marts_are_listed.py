"""The one list of marts that dbt cannot derive for itself is whole. Not for what the marts say."""

import re

from pipelines.settings import ROOT

MARTS = ROOT / "dbt_project" / "models" / "marts"
LIST = ROOT / "dbt_project" / "macros" / "measured_marts.sql"


def test_tests_of_all_marts_look_at_all_of_them() -> None:
    listed = re.findall(r"'(fct_\w+)'", LIST.read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(p.stem for p in MARTS.rglob("fct_*.sql"))
