"""A model's SQL as it would run where its inputs are tables of their own names. Not for whole builds of the models: those are dbt's."""

from collections.abc import Callable
from types import SimpleNamespace

import jinja2
import pytest
import yaml

from pipelines.settings import ROOT

DBT = ROOT / "dbt_project"
SHARED_MACROS = ("exact_sum", "derived_provenance", "latest_known", "symbol_key", "carried")


@pytest.fixture(scope="session")
def model_sql() -> Callable[[str], str]:
    """Render a model by its name, with the variables of the project."""
    variables = yaml.safe_load((DBT / "dbt_project.yml").read_text())["vars"]
    macros = "".join((DBT / "macros" / f"{name}.sql").read_text() for name in SHARED_MACROS)

    def render(name: str) -> str:
        (path,) = (DBT / "models").rglob(f"{name}.sql")
        template = jinja2.Environment(autoescape=False).from_string(macros + path.read_text())
        return template.render(
            ref=lambda model: model,
            var=lambda variable: variables[variable],
            config=lambda **_: "",
            this=SimpleNamespace(identifier=name),
        )

    return render
